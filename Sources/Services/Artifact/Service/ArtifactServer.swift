internal import Contracts
internal import Domain
internal import Ports
public import ServiceKit

/// The artifact service: files of runs, their content, and how long they are kept.
public struct ArtifactServer: Sendable {
  private let ports: ArtifactPorts
  private let desk: ArtifactDesk
  private let uploads: UploadDesk
  private let links: LinkDesk

  public init(_ ports: ArtifactPorts) {
    self.ports = ports
    desk = ArtifactDesk(ports: ports, runs: RunShelf(ports: ports))
    uploads = UploadDesk(ports: ports, desk: desk)
    links = LinkDesk(ports: ports)
  }

  /// The routes that this service answers.
  public var routes: [Route] {
    UploadRoutes(ports: ports, desk: desk, uploads: uploads).all
      + DownloadRoutes(ports: ports, desk: desk).all
      + ListRoutes(ports: ports, desk: desk).all
      + LinkRoutes(ports: ports, desk: desk, uploads: uploads, links: links).all
  }

  /// Runs until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await ArtifactSweeper(ports: ports, desk: desk).run() }
      group.addTask { await RunSweeper(ports: ports, desk: desk).run() }
      group.addTask { await RunFeed(ports: ports, runs: desk.runs).run() }
      group.addTask {
        await ports.context.serve(
          ArtifactsMethods.service,
          ArtifactGateway(ports: ports, desk: desk, uploads: uploads, links: links),
          on: ports.network, retryWait: ports.configuration.retryWait)
      }
    }
  }
}
