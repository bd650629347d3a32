internal import Contracts
public import Ports

/// The tables of the artifact service, as data.
public enum ArtifactTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    artifacts.declaration, places.declaration, usages.declaration, runs.declaration,
  ]

  static let artifacts = Table<ArtifactRecord>(
    TableDeclaration(
      name: "artifact", key: [.init("artifact", .text)],
      columns: [
        // Null while it is being removed, so that no list shows it.
        .init("namespace", .text, isNullable: true), .init("run", .text),
        .init("until_us", .integer, isNullable: true),
      ],
      indexes: [
        .init("of_run", on: ["namespace", "run"], isPartial: true),
        .init("due", on: ["until_us"], isPartial: true),
      ]),
    key: { [.text($0.artifact)] },
    columns: {
      [
        $0.phase == .removing ? .null : .text($0.namespace), .text($0.run),
        .optional($0.untilUs),
      ]
    })

  /// That a name in a run is taken.
  static let places = Table<ArtifactPlaceRecord>(
    TableDeclaration(
      name: "artifact_place",
      key: [
        .init("namespace", .text), .init("run", .text), .init("task", .text),
        .init("attempt", .integer), .init("name", .text), .init("path", .text),
      ]),
    key: {
      [
        .text($0.namespace), .text($0.run), .text($0.task), .integer($0.attempt), .text($0.name),
        .text($0.path),
      ]
    })

  static let usages = Table<ArtifactUsageRecord>(
    TableDeclaration(name: "artifact_usage", key: [.init("namespace", .text)]),
    key: { [.text($0.namespace)] })

  static let runs = Table<ArtifactRunRecord>(
    TableDeclaration(
      name: "artifact_run", key: [.init("run", .text)], columns: [.init("until_us", .integer)],
      indexes: [.init("due", on: ["until_us"])]),
    key: { [.text($0.run)] }, columns: { [.integer($0.untilUs)] })
}
