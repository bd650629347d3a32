import Domain
import Testing

@Suite struct DefinitionWarningTests {
  @Test(arguments: [
    ("run: make && make test", "shell-syntax 3:20"), ("run: echo $HOME", "shell-syntax 3:20"),
    ("run: ls | wc", "shell-syntax 3:18"), ("run: cd x; make", "shell-syntax 3:18"),
    ("run: make, timeout: {attempt: 2h, total: 1h}", "hopeless-setting 3:40"),
    ("run: make, timeout: {attempt: 1m, heartbeat: 1m}", "hopeless-setting 3:55"),
    ("run: make, retry: {backoff: {initial: 2m, max: 1m}}", "hopeless-setting 3:48"),
  ])
  func `what is surely not meant is a warning with its place`(_ task: String, _ place: String) {
    let reading = read("id: x\ntasks:\n  test: {\(task)}\n")
    #expect(reading.findings.map(\.place) == [place])
    #expect(reading.findings.map(\.severity) == [.warning])
    #expect(reading.definition != nil)
  }

  @Test func `a secret that nobody names is a warning`() {
    let reading = read(
      "id: x\nsecrets: [A, B]\ntasks:\n  t: {run: a, env: {A: '${{ secrets.A }}'}}\n")
    #expect(reading.findings.map(\.place) == ["unused-secret 2:14"])
    #expect(reading.findings.map(\.severity) == [.warning])
    #expect(reading.definition?.usedSecrets.map(\.text) == ["A"])
  }

  @Test(arguments: [
    "run: echo '$HOME' \\| '&&'", "run: [sh, -c, 'a && b']", "run: 'echo ${{ run.id }}'",
    "run: make, timeout: {total: 40m}", "run: make, timeout: {attempt: none, total: 1h}",
    "script: 'a && b | c'",
  ])
  func `what is meant is none`(_ task: String) {
    let reading = read("id: x\ntasks:\n  test: {\(task)}\n")
    #expect(reading.findings.isEmpty, "\(reading.findings)")
  }
}
