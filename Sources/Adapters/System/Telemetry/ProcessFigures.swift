internal import Domain
internal import Glibc

/// What the process uses of its machine, under the names that Prometheus clients share.
enum ProcessFigures {
  static var all: [(name: String, type: String, value: String)] {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    let microseconds = times.reduce(Int64(0)) {
      $0 + Int64($1.tv_sec) * 1_000_000 + Int64($1.tv_usec)
    }
    return [
      ("process_cpu_seconds_total", "counter", MetricText.seconds(microseconds)),
      ("process_resident_memory_bytes", "gauge", "\(residentBytes)"),
      ("process_open_fds", "gauge", "\(openDescriptors)"),
    ]
  }

  /// 0 when the kernel does not say.
  private static var residentBytes: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let words = line.prefix { $0 != 0 }.split(separator: CChar(UInt8(ascii: " ")))
    guard words.count > 1 else { return 0 }
    let text = String(decoding: words[1].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (Int(text) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static var openDescriptors: Int {
    guard let list = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(list) }
    var count = 0
    while readdir(list) != nil { count += 1 }
    // `.`, `..` and the list itself.
    return max(count - 3, 0)
  }
}
