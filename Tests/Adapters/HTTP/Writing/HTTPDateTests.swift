import Domain
import Testing

@testable import HTTPAdapter

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
    (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
  ])
  func `a date is written as RFC 9110 wants it`(_ seconds: Int64, _ text: String) {
    var date = HTTPDate()
    date.update(to: Moment(microseconds: seconds * 1_000_000))
    #expect(String(decoding: date.text, as: UTF8.self) == text)
  }
}
