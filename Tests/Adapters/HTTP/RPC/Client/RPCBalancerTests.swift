import Domain
import Testing

@testable import HTTPAdapter

struct RPCBalancerTests {
  private static let start = Uptime(microseconds: 1_000_000)

  @Test func `calls spread over all addresses and stay on their connections`() {
    var balancer = RPCBalancer(["a:1", "b:1", "c:1"])
    let now = RPCBalancerTests.start
    for index in 0..<3 {
      #expect(balancer.choose(at: now) == .connect(index))
      balancer.connected(index)
    }
    #expect((0..<4).map { _ in balancer.choose(at: now) } == [.use(0), .use(1), .use(2), .use(0)])
  }

  @Test func `who fails is left alone, longer each time, and then tried again`() {
    var balancer = RPCBalancer(["a:1"])
    var now = RPCBalancerTests.start
    var last = Duration.zero
    for failure in 1...12 {
      #expect(balancer.choose(at: now) == .connect(0))
      balancer.failed(0, at: now)
      guard case .refuse(let until) = balancer.choose(at: now) else {
        Issue.record("failure \(failure) is not followed by a rest")
        return
      }
      let rest = until - now
      #expect(rest >= .milliseconds(25) && rest <= .seconds(5))
      #expect(rest > last / 2)
      last = rest
      now = until
    }
    #expect(last >= .milliseconds(2_500))
    #expect(balancer.choose(at: now) == .connect(0))
    balancer.connected(0)
    balancer.closed(0)
    #expect(balancer.choose(at: now) == .connect(0))
    balancer.failed(0, at: now)
    #expect(balancer.choose(at: now + .milliseconds(60)) == .connect(0))
  }

  @Test func `a call goes on to the next address when one fails`() {
    var balancer = RPCBalancer(["a:1", "b:1"])
    let now = RPCBalancerTests.start
    #expect(balancer.choose(at: now) == .connect(0))
    balancer.failed(0, at: now)
    #expect(balancer.choose(at: now, besides: [0]) == .connect(1))
    balancer.connected(1)
    #expect((0..<3).map { _ in balancer.choose(at: now) } == [.use(1), .use(1), .use(1)])
    // Once rested, the first gets its turn again.
    let later = now + .seconds(1)
    #expect([balancer.choose(at: later), balancer.choose(at: later)].contains(.connect(0)))
  }

  @Test func `calls that come meanwhile wait for the attempt under way`() {
    var balancer = RPCBalancer(["a:1"])
    let now = RPCBalancerTests.start
    #expect(balancer.choose(at: now) == .connect(0))
    #expect(balancer.choose(at: now) == .join(0))
    #expect(balancer.choose(at: now, besides: [0]) == .refuse(until: now + .seconds(5)))
  }

  /// Whatever happens in whatever order, each choice names an address that may be chosen.
  @Test func `no order of events breaks it`() {
    var random: UInt64 = 7
    var balancer = RPCBalancer(["a:1", "b:1", "c:1"])
    var now = RPCBalancerTests.start
    for _ in 0..<50_000 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let index = Int(random >> 33) % 3
      now = now + .milliseconds(Int(random >> 40) % 20)
      switch Int(random >> 50) % 5 {
      case 0: balancer.closed(index)
      case 1 where balancer.phases[index] == .connecting: balancer.failed(index, at: now)
      case 2 where balancer.phases[index] == .connecting: balancer.connected(index)
      default:
        let before = balancer.phases
        switch balancer.choose(at: now) {
        case .use(let chosen): #expect(before[chosen] == .ready)
        case .join(let chosen): #expect(before[chosen] == .connecting)
        case .connect(let chosen):
          #expect(before[chosen] != .ready && before[chosen] != .connecting)
          #expect(balancer.phases[chosen] == .connecting)
        case .refuse(let until): #expect(until > now)
        }
      }
    }
  }
}
