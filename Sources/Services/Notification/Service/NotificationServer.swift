internal import Domain
public import ServiceKit

/// The notification service: tells people and programs how runs end.
public struct NotificationServer: Sendable {
  private let ports: NotificationPorts
  private let dispatcher: Dispatcher
  private let subscriptions: SubscriptionDesk
  private let deliveries: DeliveryDesk

  public init(_ ports: NotificationPorts) {
    self.ports = ports
    deliveries = DeliveryDesk(ports: ports)
    dispatcher = Dispatcher(ports, desk: deliveries)
    subscriptions = SubscriptionDesk(ports: ports)
  }

  /// The routes that this service answers.
  public var routes: [Route] {
    SubscriptionRoutes(ports: ports, desk: subscriptions, wake: dispatcher.wake).all
      + DeliveryRoutes(
        ports: ports, desk: deliveries, subscriptions: subscriptions, wake: dispatcher.wake
      ).all
  }

  /// Runs until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await EndFeed(ports: ports, wake: dispatcher.wake).run() }
      group.addTask { await dispatcher.run() }
      group.addTask { await HistorySweeper(ports: ports).run() }
    }
  }
}
