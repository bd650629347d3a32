// How the container of a task is read: the name of an image, or a map with limits beside it.

extension DefinitionParse {
  mutating func container(_ task: SourceCursor, of work: TaskWork) -> TaskContainer? {
    guard let cursor = task["container"] else { return nil }
    guard work.hasFolder else {
      conflict(
        cursor, with: task["http"] == nil ? "call" : "http",
        hint: "only programs run in a container: use run or script, or remove it")
      return nil
    }
    guard cursor.members != nil else {
      return image(cursor).map { TaskContainer(image: $0) }
    }
    guard let map = map(cursor, .container) else { return nil }
    if map["image"] == nil {
      missing("image", in: cursor, "say which, such as image: debian:bookworm-slim")
    }
    guard let image = map["image"].flatMap({ image($0) }) else { return nil }
    var container = TaskContainer(image: image)
    if let network = map["network"].flatMap({ word($0, TaskContainer.Network.self) }) {
      container.network = network
    }
    container.memoryMebibytesMax = map["memoryMiB"].flatMap {
      integer($0, in: TaskContainer.memoryMebibytes)
    }
    container.processorsMax = map["cpus"].flatMap {
      number($0, in: TaskContainer.processors, example: "1.5")
    }
    container.processesMax = map["processes"].flatMap {
      integer($0, in: TaskContainer.processes)
    }
    return container
  }

  private mutating func image(_ cursor: SourceCursor) -> String? {
    guard let text = text(cursor) else { return nil }
    if TaskContainer.isImage(text) { return text }
    report(
      Fault(
        "invalid-name", "'\(text.prefix(80))' is no name for an image",
        hint: "write it such as debian:bookworm-slim or registry.example/team/tool@sha256:…; "
          + "expressions are not replaced in it"),
      at: cursor)
    return nil
  }
}
