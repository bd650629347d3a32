internal import Foundation

// protogen --descriptor FILE --output DIR [--catalogue NAME]
//
// Reads what `protoc --include_imports --include_source_info --descriptor_set_out=FILE` wrote and
// writes one Swift file per `.proto` file into DIR, and NAME.swift with a list of every message.

do {
  let options = try Options(CommandLine.arguments.dropFirst())
  let bytes = try [UInt8](Data(contentsOf: URL(filePath: options.descriptor)))
  let set = try FileSet(decoding: bytes)
  let schemas = try SchemaBuilder(set.files).schemas()
  try FileManager.default.createDirectory(
    at: URL(filePath: options.output), withIntermediateDirectories: true)
  func write(_ text: String, as name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(options.output)/\(name).swift"))
  }
  for schema in schemas { try write(FileEmitter.text(of: schema), as: schema.name) }
  if !options.catalogue.isEmpty {
    let text = FileEmitter.catalogue(options.catalogue, of: schemas)
    try write(text, as: options.catalogue)
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
