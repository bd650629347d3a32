internal import Domain
internal import Glibc

/// Passwords come from a file, a terminal or standard input, never from the command line: there
/// everybody on the machine sees them.
enum Password {
  static let option = Verb.Option(
    "password-file", value: "FILE", "read the password from it (default: asked for; - is stdin)")

  /// - Throws: a failure when there is none, or when others can read the file.
  static func read(_ call: Call, _ prompt: String, option: String = "password-file") throws
    -> String
  {
    if let file = call.value(option), file != "-" {
      try TokenFile.checkPrivate(file)
      return try line(LocalFiles.read(file), from: file)
    }
    guard call.value(option) == nil, Terminal.isTerminal(0) else {
      return try line(LocalFiles.read("-"), from: "standard input")
    }
    return try asked(prompt)
  }

  /// The first line; spaces at its ends belong to it.
  private static func line(_ bytes: [UInt8], from place: String) throws -> String {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw Failure(.invalid, "\(place) is not UTF-8", hint: "a password is one line of text")
    }
    let password = text.hasSuffix("\r") ? String(text.dropLast()) : text
    guard !password.isEmpty else {
      throw Failure.usage(
        "no password was given", hint: "write it as one line to standard input, or into a file")
    }
    return password
  }

  /// Asks on the terminal, which shows nothing of the answer.
  private static func asked(_ prompt: String) throws -> String {
    var settings = termios()
    guard tcgetattr(0, &settings) == 0 else { return try line(LocalFiles.read("-"), from: "stdin") }
    var silent = settings
    silent.c_lflag &= ~tcflag_t(ECHO)
    Terminal.write(Array("\(prompt): ".utf8), to: 2)
    tcsetattr(0, TCSAFLUSH, &silent)
    defer {
      tcsetattr(0, TCSAFLUSH, &settings)
      Terminal.note("")
    }
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < 4_096, Glibc.read(0, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
      bytes.append(byte)
    }
    return try line(bytes, from: "the answer")
  }
}
