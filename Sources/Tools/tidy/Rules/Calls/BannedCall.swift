/// A call or word that has one home, or none.
struct BannedCall: Sendable {
  /// Where it may be written.
  struct Home: Sendable {
    var modules: [String] = []
    var kinds: [Floor.Kind] = []
    var isTests = false

    func or(_ kinds: Floor.Kind...) -> Home {
      Home(modules: modules, kinds: self.kinds + kinds, isTests: isTests)
    }

    func orTests() -> Home { Home(modules: modules, kinds: kinds, isTests: true) }

    static let tests = Home(isTests: true)
    /// The modules that own clocks, threads and randomness.
    static let roots = Home(modules: ["SystemAdapter", "HTTPAdapter", "SimulationKit"])
    static let programs = Home(kinds: [.app, .tool])
  }

  /// The tokens to look for. Generic arguments after the first are skipped.
  let pattern: [String]
  let home: Home
  /// A call that draws from a generator it is given is fine: `random(in:using:)`.
  let isAllowedWithUsing: Bool
  let cure: String

  init(_ pattern: String, at home: Home, isAllowedWithUsing: Bool = false, cure: String) {
    self.pattern = pattern.split(separator: " ").map(String.init)
    self.home = home
    self.isAllowedWithUsing = isAllowedWithUsing
    self.cure = cure
  }

  var shown: String { pattern.joined() }

  /// A function of C, not a method of ours that bears its name: told by what the file imports.
  var isFromC: Bool { Self.cFunctions.contains(pattern.first ?? "") }

  private static let cFunctions: Set<String> = [
    "sleep", "usleep", "nanosleep", "gettimeofday", "clock_gettime", "getrandom", "arc4random",
    "arc4random_buf", "exit", "abort", "getenv", "setenv", "pthread_create",
  ]
}

extension BannedCall {
  static let all: [BannedCall] = spawning + clocks + randomness + output + threads + formats

  private static func each(_ patterns: [String], at home: Home, cure: String) -> [BannedCall] {
    patterns.map { BannedCall($0, at: home, cure: cure) }
  }

  private static let spawning = each(
    ["Task {", "Task (", "Task . init", "Task . detached", "Task . immediate"],
    at: .roots.orTests(),
    cure: "open a task group in the run() of the service, or use the Spawner port")

  private static let clocks =
    // Tests have a rule of their own for sleeping.
    each(
      ["Task . sleep", "Thread . sleep", "sleep (", "usleep (", "nanosleep ("],
      at: .roots.orTests(), cure: "sleep through the Time port")
    + each(
      ["Date ( )", "Date . now", "gettimeofday ("], at: .roots,
      cure: "take the time from the Time port, or as an argument")
    + each(
      ["ContinuousClock", "SuspendingClock", "clock_gettime ("], at: .roots.or(.tool).orTests(),
      cure: "take the time from the Time port, or as an argument")

  private static let randomness =
    [". random ( in", ". random ( )", ". randomElement ( )", ". shuffled ( )", ". shuffle ( )"].map
  { pattern in
    BannedCall(
      pattern, at: .roots, isAllowedWithUsing: true,
      cure: "draw from the Randomness port, or pass a seeded generator as `using:`")
  }
    + each(
      ["SystemRandomNumberGenerator", "getrandom (", "arc4random (", "arc4random_buf ("],
      at: .roots, cure: "draw from the Randomness port")
    + each(["UUID ("], at: .roots.orTests(), cure: "make an id from the Randomness port")

  private static let output =
    each(
      ["print (", "debugPrint (", "dump (", "NSLog ("], at: .programs,
      cure: "report through the Telemetry port")
    + each(
      ["readLine (", "exit (", "abort ("], at: .programs.orTests(),
      cure: "throw, and let the program decide")
    + each(
      ["getenv (", "setenv (", "ProcessInfo"],
      at: Home(modules: ["SystemAdapter"], kinds: [.app, .tool], isTests: true),
      cure: "read it in Composition and pass it on in a configuration struct")

  private static let threads = each(
    [
      "DispatchQueue", "DispatchSource", "DispatchGroup", "DispatchSemaphore", "OperationQueue",
      "NSLock", "NSRecursiveLock", "RunLoop", "Thread (", "pthread_create (",
    ], at: .roots,
    cure: "use Mutex for a short critical section, and tasks of the process's executor for the rest"
  )

  private static let formats =
    each(
      ["JSONDecoder", "JSONEncoder", "JSONSerialization"], at: .tests.or(.tool),
      cure: "use our own strict JSON: Foundation's accepts duplicate keys")
    + each(
      ["Regex", "NSRegularExpression"], at: .tests.or(.tool),
      cure: "use Pattern of Domain, which is linear in time")
}
