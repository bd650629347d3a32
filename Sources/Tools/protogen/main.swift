internal import Foundation

// protogen --descriptor FILE --output DIR
//
// Reads what `protoc --include_imports --include_source_info --descriptor_set_out=FILE` wrote and
// writes one Swift file per `.proto` file into DIR.

do {
  let options = try Options(CommandLine.arguments.dropFirst())
  let bytes = try [UInt8](Data(contentsOf: URL(filePath: options.descriptor)))
  let set = try FileSet(decoding: bytes)
  let schemas = try SchemaBuilder(set.files).schemas()
  try FileManager.default.createDirectory(
    at: URL(filePath: options.output), withIntermediateDirectories: true)
  for schema in schemas where schema.source.hasPrefix(options.only) {
    let target = URL(filePath: "\(options.output)/\(schema.name).swift")
    try Data(FileEmitter.text(of: schema).utf8).write(to: target)
  }
} catch let error as SchemaError {
  fail(error.message)
} catch {
  fail("\(error)")
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("protogen: \(message)\n".utf8))
  exit(1)
}
