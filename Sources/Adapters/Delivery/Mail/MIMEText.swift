internal import Domain
internal import Ports

/// A mail as it travels: header fields of RFC 5322, and both forms of the text as alternatives of
/// RFC 2046, the richer one last.
struct MIMEText {
  let bytes: [UInt8]

  /// Quoted-printable text never holds an equals sign before an underscore, so that no text holds
  /// this line.
  private static let boundary = "=_millrace"

  init(_ message: MailMessage, from: String, name: String) {
    let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
    let fields = [
      ("Date", MailDate.text(of: message.writtenAt)),
      ("From", "\(HeaderText.encoded(name, afterColumns: 6)) <\(from)>"),
      ("To", "<\(message.to)>"),
      ("Subject", HeaderText.encoded(message.subject, afterColumns: 9)),
      ("Message-ID", "<\(message.id)@\(domain)>"),
      ("MIME-Version", "1.0"),
      // RFC 3834: nobody's absence note shall answer.
      ("Auto-Submitted", "auto-generated"),
      ("Content-Type", "multipart/alternative; boundary=\"\(MIMEText.boundary)\""),
    ]
    var text = fields.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n"
    for (type, body) in [("text/plain", message.text), ("text/html", message.html)] {
      text += "--\(MIMEText.boundary)\r\n"
      text += "Content-Type: \(type); charset=utf-8\r\n"
      text += "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
      text += QuotedPrintable.text(body)
    }
    text += "--\(MIMEText.boundary)--\r\n"
    bytes = Array(text.utf8)
  }
}

/// Text in header fields.
enum HeaderText {
  static func isOneLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
  }

  /// As it is when that is safe, otherwise as encoded words of RFC 2047, folded.
  ///
  /// - Parameter columns: what the field's name and the blank behind it take.
  static func encoded(_ text: String, afterColumns columns: Int) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || " -_.,:/+#!'".utf8.contains(byte)
    }
    // Commas and colons mean something in an address field only; there a name is one word or more.
    if isPlain, columns + text.utf8.count <= 76,
      !(columns == 6 && text.contains { ",:.".contains($0) })
    {
      return text
    }
    var words: [String] = []
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      let next = Array(String(scalar).utf8)
      // 75 columns for a word (RFC 2047 §2), of which 12 are its frame.
      if bytes.count + next.count > 42 {
        words.append(word(bytes))
        bytes = []
      }
      bytes += next
    }
    if !bytes.isEmpty || words.isEmpty { words.append(word(bytes)) }
    return words.joined(separator: "\r\n ")
  }

  private static func word(_ bytes: [UInt8]) -> String {
    "=?UTF-8?B?" + Base64.standard.text(bytes) + "?="
  }
}

/// Dates of RFC 5322 §3.3, in UTC.
enum MailDate {
  static func text(of moment: Moment) -> String {
    // `2026-01-31T12:00:00.000Z`
    let parts = moment.text.split { !$0.isNumber }.map(String.init)
    guard parts.count >= 6, let month = Int(parts[1]), (1...12).contains(month) else {
      return "Thu, 01 Jan 1970 00:00:00 +0000"
    }
    let day: Int64 = 86_400_000_000
    let days = moment.microseconds / day - (moment.microseconds % day < 0 ? 1 : 0)
    let weekday = Int(((days + 4) % 7 + 7) % 7)
    return "\(weekdays[weekday]), \(parts[2]) \(months[month - 1]) \(parts[0]) "
      + "\(parts[3]):\(parts[4]):\(parts[5]) +0000"
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
