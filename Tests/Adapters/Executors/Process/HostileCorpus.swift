@testable import ExecutorsAdapter

/// A program that means harm. `MARK` in its text is a number that no other process has as an
/// argument, `VICTIM` a file of another attempt.
struct HostileProgram: Sendable, CustomStringConvertible {
  enum End: Hashable, Sendable {
    /// By itself, with this code.
    case exits(Int)
    /// By itself, with any failure.
    case fails
    /// By a kill that comes when it has said `ready`.
    case killed
  }

  var description: String
  var text: String
  var end: End
  var limits = ProcessLimits()
  /// Where it is to be borne: 3 is a kernel that allows no namespaces.
  var levels: ClosedRange<Int32> = 1...3
  /// Lines that it must have said, and those that it must not.
  var says: [String] = []
}

/// The programs of T-SANDBOX.
enum HostileCorpus {
  static let programs = multiplying + hungry + prying + noisy

  private static let multiplying = [
    HostileProgram(
      description: "a bomb of processes, held by a limit",
      // Root is not held to the limit, so that it becomes somebody else first.
      text: """
        cd /; exec setpriv --reuid 64321 --regid 64321 --clear-groups -- perl -e '
        my $count = 0;
        while ($count < 5000) { my $pid = fork(); last unless defined $pid;
          if (!$pid) { exec "sleep", "MARK" } $count++ }
        print $count < 64 ? "held\\n" : "made $count\\n"; exit 7'
        """, end: .exits(7), limits: ProcessLimits(processesMax: 64), levels: 1...1,
      says: ["held"]),
    HostileProgram(
      description: "a bomb that is killed while it goes off",
      text: "b() { [ $1 -gt 7 ] || { b $(($1+1)) & b $(($1+1)) & }; sleep MARK; }; b 1 & "
        + "sleep 0.1; echo ready; wait", end: .killed),
    HostileProgram(
      description: "a daemon by setsid",
      text: "setsid sh -c 'trap \"\" HUP TERM; sleep MARK; sleep MARK' >/dev/null 2>&1 & exit 7",
      end: .exits(7)),
    HostileProgram(
      description: "a daemon by two forks",
      text: "( ( trap '' HUP TERM; sleep MARK; sleep MARK ) >/dev/null 2>&1 & ) ; exit 7",
      end: .exits(7)),
    HostileProgram(
      description: "one that ignores every polite signal",
      text: "trap '' TERM INT HUP QUIT; echo ready; while :; do sleep MARK; done", end: .killed),
    HostileProgram(
      description: "one that stands still",
      text: "sleep MARK & echo ready; kill -STOP $$", end: .killed),
    HostileProgram(
      description: "one that kills all it can reach",
      text: "sleep MARK & kill -9 -1; exit 7", end: .fails, levels: 1...2),
    HostileProgram(
      description: "one that stops all it can reach",
      text: "sleep MARK & echo ready; kill -STOP -1; sleep MARK", end: .killed,
      levels: 1...2),
  ]

  private static let hungry = [
    HostileProgram(
      description: "a hog of memory, held by a limit",
      text: "perl -e '$x = \"x\" x (3 << 30); print \"has it\\n\"' && exit 0; exit 7",
      end: .exits(7), limits: ProcessLimits(memoryBytesMax: 512 << 20)),
    HostileProgram(
      description: "a filler of disks, held by a limit",
      text: "head -c 1000000000 /dev/zero > big; wc -c < big; exit 7", end: .exits(7),
      limits: ProcessLimits(fileBytesMax: 1 << 20), says: ["1048576"]),
    HostileProgram(
      description: "one that wants a core file",
      text: "ulimit -c; sh -c 'kill -SEGV $$'; ls; exit 7", end: .exits(7), says: ["0"]),
    HostileProgram(
      description: "one that opens all files it can",
      text: "perl -e 'while (open my $f, \"<\", \"/dev/null\") { push @f, $f } "
        + "print @f < 1100 ? \"held\\n\" : scalar(@f); exit 7'", end: .exits(7), says: ["held"]),
    HostileProgram(
      description: "one that makes many files and deep directories",
      text: "for i in $(seq 2000); do : > $i; done; for i in $(seq 200); do mkdir d; cd d; done; "
        + "chmod 0 .; exit 7", end: .exits(7)),
  ]

  private static let prying = [
    HostileProgram(
      description: "one that looks for descriptors that were left open",
      text: "for d in /proc/self/fd/*; do readlink $d; done | grep -v -e ^pipe: -e null "
        + "-e /proc/ -e /script; echo looked; exit 7", end: .exits(7), says: ["looked"]),
    HostileProgram(
      description: "one that reads environments",
      text: "cat /proc/1/environ /proc/$PPID/environ 2>/dev/null | tr '\\0' '\\n' | "
        + "grep 'CANAR[Y]'; echo looked; exit 7", end: .exits(7), levels: 1...2,
      says: ["looked"]),
    HostileProgram(
      description: "one that reads every environment and command line there is",
      text: "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | "
        + "grep 'CANAR[Y]'; echo looked; exit 7", end: .exits(7),
      levels: 1...2, says: ["looked"]),
    HostileProgram(
      description: "one that reads the files of another attempt",
      text: "cat VICTIM ../../*/work/* ../../../*/*/work/* 2>/dev/null; "
        + "find ../../.. -name victim; echo looked; exit 7", end: .exits(7),
      levels: 1...2, says: ["looked"]),
    HostileProgram(
      description: "one that goes in by way of the files of its parent",
      text: "cat /proc/1/root/VICTIM /proc/1/cwd/VICTIM /proc/$PPID/root/VICTIM 2>/dev/null; "
        + "echo looked; exit 7", end: .exits(7), levels: 1...2, says: ["looked"]),
    HostileProgram(
      description: "one that writes beside and above itself",
      text: "echo x > ../beside; echo x > ../../above; echo x > ../../../top; "
        + "ln -s / root; mkdir -p a/b; ln -s ../../../.. a/b/up; exit 7", end: .exits(7),
      levels: 1...2),
    HostileProgram(
      description: "one whose outputs are a link",
      text: "ln -s VICTIM $MILLRACE_OUTPUTS; exit 0", end: .fails),
    HostileProgram(
      description: "one whose outputs never end",
      text: "mkfifo $MILLRACE_OUTPUTS; exit 0", end: .fails),
    HostileProgram(
      description: "one that watches others by ptrace",
      text: "perl -e 'for my $p (glob \"/proc/[0-9]*\") { $p =~ s/\\D//g; "
        + "next if $p == $$ || $p == 1 || $p == getppid(); "
        + "print \"attached\\n\" if syscall(101, 16, $p + 0, 0, 0) == 0 }'; echo looked; exit 7",
      end: .exits(7), levels: 1...2, says: ["looked"]),
    HostileProgram(
      description: "one that wants more privileges",
      text: "grep NoNewPrivs /proc/self/status | tr -d '\\t'; exit 7", end: .exits(7),
      says: ["NoNewPrivs:1"]),
  ]

  private static let noisy = [
    HostileProgram(
      description: "a gigabyte of one line",
      text: "head -c 1073741824 /dev/zero | tr '\\0' x; exit 7", end: .exits(7),
      levels: 1...1),
    HostileProgram(
      description: "bytes that are no text, and words for terminals",
      text: "head -c 300000 /dev/urandom; printf '\\033]0;x\\007\\033[2J\\377\\000'; exit 7",
      end: .exits(7)),
    HostileProgram(
      description: "very many empty lines",
      text: "head -c 200000 /dev/zero | tr '\\0' '\\n'; exit 7", end: .exits(7)),
    HostileProgram(
      description: "one that closes its output and goes on",
      text: "echo ready; exec >&- 2>&-; sleep MARK", end: .killed),
  ]
}
