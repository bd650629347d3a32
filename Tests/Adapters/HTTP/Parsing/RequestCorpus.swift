/// Requests that are fine, and how many there are in each text.
let validRequests: [(text: String, count: Int)] = [
  ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
  ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
  ("GET /a/b%20c?q=1&r=%C3%A4 HTTP/1.1\r\nhost: a.b:80\r\nX-Y:\r\nx-z: \t v w \t\r\n\r\n", 1),
  ("GET http://a:1/x?y HTTP/1.1\r\nHost: A:1\r\n\r\n", 1),
  ("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 1),
  ("OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 1),
  ("GET / HTTP/1.0\r\n\r\n", 1),
  ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 1),
  ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1),
  (
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      + "5\r\nhello\r\n00006;a=\"b\"\r\n world\r\n0\r\n\r\n", 1
  ),
  (
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      + "A\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\n\r\n", 1
  ),
  (
    "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n", 3
  ),
]

/// Requests that two servers might read differently, or that nobody sends in good faith: the
/// refused text and the status.
let refusedRequests: [(name: String, text: String, status: Int)] = [
  ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
  ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
  ("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
  ("host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
  ("host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
  ("host with list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
  ("host and target differ", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("host and target ports differ", "GET http://a:2/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target without slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with blank", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with NUL escape", "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target with half escape", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("target beyond ASCII", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("two blanks before target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("two blanks before version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("tab in request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("blank after version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
  ("blank before method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400),
  ("version 0.9", "GET /\r\n\r\n", 400),
  ("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
  ("version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
  ("unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
  ("method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
  ("connect", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
  ("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  ("bare line feed in request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
  ("bare line feed in fields", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
  ("bare line feed at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
  ("bare carriage return", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
  ("NUL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400),
  ("control in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1b}b\r\n\r\n", 400),
  ("delete in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n", 400),
  ("blank before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
  ("blank before name", "GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", 400),
  ("folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400),
  ("no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
  ("no name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
  ("name with separator", "GET / HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n", 400),
  ("name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nÄ: b\r\n\r\n", 400),
  ("length and coding", length("5") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
  ("coding and length", coding("chunked") + "Content-Length: 5\r\n\r\n0\r\n\r\n", 400),
  ("two equal lengths", length("5") + "Content-Length: 5\r\n\r\nhello", 400),
  ("two lengths", length("5") + "Content-Length: 6\r\n\r\nhello", 400),
  ("list of lengths", length("5, 5") + "\r\nhello", 400),
  ("signed length", length("+5") + "\r\nhello", 400),
  ("negative length", length("-1") + "\r\n", 400),
  ("hexadecimal length", length("0x5") + "\r\nhello", 400),
  ("fractional length", length("5.0") + "\r\nhello", 400),
  ("empty length", length("") + "\r\n", 400),
  ("huge length", length("99999999999999999999") + "\r\n", 400),
  ("two codings", coding("chunked") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
  ("other coding", coding("gzip") + "\r\n", 501),
  ("list of codings", coding("gzip, chunked") + "\r\n0\r\n\r\n", 501),
  ("chunked twice", coding("chunked, chunked") + "\r\n0\r\n\r\n", 501),
  ("identity and chunked", coding("chunked, identity") + "\r\n0\r\n\r\n", 501),
  ("disguised coding", coding("xchunked") + "\r\n0\r\n\r\n", 501),
  ("coding with parameter", coding("chunked;a=b") + "\r\n0\r\n\r\n", 501),
  ("coding in quotes", coding("\"chunked\"") + "\r\n0\r\n\r\n", 501),
  ("coding after vertical tab", coding("\u{b}chunked") + "\r\n0\r\n\r\n", 400),
  (
    "coding with blank before colon",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400
  ),
  (
    "coding in HTTP/1.0",
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
  ),
  ("other expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
  ("chunk without size", coding("chunked") + "\r\n\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk with signed size", coding("chunked") + "\r\n+5\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk with 0x", coding("chunked") + "\r\n0x5\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk with blank before size", coding("chunked") + "\r\n 5\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk with blank after size", coding("chunked") + "\r\n5 \r\nhello\r\n0\r\n\r\n", 400),
  ("chunk with huge size", coding("chunked") + "\r\nfffffffffffffffff\r\nhello", 400),
  ("chunk with bare line feed", coding("chunked") + "\r\n5\nhello\r\n0\r\n\r\n", 400),
  ("chunk longer than its size", coding("chunked") + "\r\n4\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk shorter than its size", coding("chunked") + "\r\n6\r\nhello\r\n0\r\n\r\n", 400),
  ("chunk ended by line feed", coding("chunked") + "\r\n5\r\nhello\n0\r\n\r\n", 400),
  (
    "chunk with long extension",
    coding("chunked") + "\r\n5;" + String(repeating: "a", count: 300) + "\r\nhello\r\n", 400
  ),
  (
    "chunks with many extensions",
    coding("chunked") + "\r\n"
      + String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n", count: 40), 400
  ),
  ("chunk extension with line feed", coding("chunked") + "\r\n5;a\nb\r\nhello\r\n", 400),
  (
    "too many trailers",
    coding("chunked") + "\r\n0\r\n" + String(repeating: "X: y\r\n", count: 40), 400
  ),
  ("folded trailer", coding("chunked") + "\r\n0\r\nX: y\r\n z\r\n\r\n", 400),
  (
    "long target", "GET /" + String(repeating: "a", count: 1_100) + " HTTP/1.1\r\nHost: a\r\n\r\n",
    414
  ),
  ("endless target", "GET /" + String(repeating: "a", count: 1_100), 414),
  (
    "long head",
    "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 2_100) + "\r\n\r\n", 431
  ),
  ("endless head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 2_100), 431),
  (
    "too many fields",
    "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 20) + "\r\n", 431
  ),
  ("not HTTP at all", "\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
]

private func length(_ value: String) -> String {
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(value)\r\n"
}

private func coding(_ value: String) -> String {
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(value)\r\n"
}
