internal import Foundation

// Checks the tree against the rules of the house: one line for each violation, then a summary.
// Exit codes: 0 clean, 1 violations, 2 could not look.

let usage = """
  usage: tidy [--root FOLDER] [--manifest FILE] | --rules

    --root FOLDER    the project; the current folder when absent
    --manifest FILE  the output of `swift package dump-package`; without it Package.swift
                     is not compared with the table of floors
    --rules          lists the rules
  """

func value(after option: String, in arguments: [String]) -> String? {
  guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else {
    return nil
  }
  return arguments[index + 1]
}

func inspect(root: String, manifest: String?) throws -> Int32 {
  let start = ContinuousClock.now
  let tree = try Tree(root: root, manifest: manifest)
  let inspection = Inspection()
  let violations = inspection.violations(in: tree)
  for violation in violations { print(violation) }
  let elapsed = (ContinuousClock.now - start).formatted(
    .units(allowed: [.milliseconds], width: .narrow))
  print(
    "tidy: \(tree.swift.count + tree.texts.count) files, \(inspection.rules.count) rules,",
    "\(tree.exceptions.entries.count) exceptions, \(violations.count) violations, \(elapsed)")
  return violations.isEmpty ? 0 : 1
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--rules":
  for rule in Inspection().rules { print("\(rule.name): \(rule.promise)") }
case nil, "--root", "--manifest":
  guard arguments.count.isMultiple(of: 2) else {
    print(usage)
    exit(2)
  }
  do {
    let root = value(after: "--root", in: arguments) ?? "."
    exit(try inspect(root: root, manifest: value(after: "--manifest", in: arguments)))
  } catch {
    print("tidy: \(error)")
    exit(2)
  }
default:
  print(usage)
  exit(arguments.first == "--help" ? 0 : 2)
}
