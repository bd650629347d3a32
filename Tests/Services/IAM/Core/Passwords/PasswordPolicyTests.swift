import IAMCore
import Testing

struct PasswordPolicyTests {
  @Test(arguments: [
    ("", PasswordPolicy.Fault.tooShort), ("fourteen chars", .tooShort),
    (String(repeating: "ä", count: 129), .tooLong),
    (String(repeating: "a", count: 15), .repetitive), ("abcabcabcabcabcabc", .repetitive),
    ("hunter2hunter2hunter2", .repetitive), ("abcdefghijklmnopq", .common),
    ("0123456789012345", .common), ("9876543210987654", .common), ("qwertyuiopasdfgh", .common),
    ("Password123456789", .common), ("correct horse battery staple", .common),
    ("annabell-annabell1", .containsName), ("millrace-annabell", .containsName),
  ])
  func `weak passwords are named as what they are`(password: String, fault: PasswordPolicy.Fault) {
    let user = UserName(unchecked: "annabell")
    #expect(PasswordPolicy().fault(in: password, of: user) == fault)
  }

  @Test(arguments: [
    "fifteen letters", "seven rivers run east", "ünïcödé ist auch gut",
    "Tr0ub4dor&3 is not enough but this", "🦊🦊🦉 over the 🌙 tonight", "abcdefghijklmnopX",
    String(repeating: "ab7!x_Z", count: 1) + "-longer-one",
  ])
  func `anything long that nobody tries first is good`(password: String) {
    #expect(PasswordPolicy().fault(in: password, of: UserName(unchecked: "annabell")) == nil)
  }

  @Test func `128 characters are taken, whatever they are`() {
    let long = String((0..<128).map { Character(Unicode.Scalar(UInt8(33 + $0 * 7 % 90))) })
    #expect(PasswordPolicy().fault(in: long, of: UserName(unchecked: "ann")) == nil)
  }
}
