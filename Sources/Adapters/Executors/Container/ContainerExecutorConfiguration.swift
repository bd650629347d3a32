public import Domain

/// Which program runs containers, and how. Validated once at start.
public struct ContainerExecutorConfiguration: Sendable {
  /// `docker`, `podman`, or the path of a program that understands the same words.
  public var engine: String
  /// Holds the folders of attempts, which the engine mounts: nobody else's.
  public var directory: String
  /// Where the engine's program is looked up.
  public var path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  /// What the engine's program needs of the worker's environment: where its server and its settings
  /// are. No task has a say in it.
  public var environment: SortedMap<String, String>
  /// Who programs run as when the worker is root, which they never are.
  public var userWhenRoot: UInt32 = 65_534
  /// Processes and threads of a container that says nothing.
  public var processesMax = 1_024
  /// How long the engine may take for anything but running a container.
  public var answerWithin: Duration = .seconds(20)
  /// Containers that one look finds.
  public var containersMax = 10_000

  public init(
    engine: String, directory: String, environment: SortedMap<String, String> = [:]
  ) {
    self.engine = engine
    self.directory = directory
    self.environment = environment
  }

  /// The variables by which the programs of engines find their servers and settings.
  public static let variables = [
    "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DOCKER_HOST", "DOCKER_CONFIG",
    "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "CONTAINER_HOST", "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF", "REGISTRY_AUTH_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
  ]
}
