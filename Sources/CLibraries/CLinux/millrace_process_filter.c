#include "millrace_process_private.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// A filter of system calls for programs of tasks: what reaches past a program's own processes and
// files, or has often had holes. A call that is refused fails with EPERM; one of another
// architecture, whose numbers mean something else, ends the program.

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE_ARCHITECTURE

#define LOAD(member) \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSAL (SECCOMP_RET_ERRNO | EPERM)
// The next instruction is passed over unless the call is that one.
#define REFUSE(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), ANSWER(REFUSAL)

#define NEW_NAMESPACES                                                                       \
  (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
      CLONE_NEWCGROUP)

static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    // The numbers of x32 are those of nobody here.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), ANSWER(REFUSAL),
#endif
    // Other programs and what the kernel runs.
    REFUSE(__NR_ptrace), REFUSE(__NR_process_vm_readv), REFUSE(__NR_process_vm_writev),
    REFUSE(__NR_bpf), REFUSE(__NR_perf_event_open), REFUSE(__NR_userfaultfd),
    REFUSE(__NR_io_uring_setup), REFUSE(__NR_io_uring_enter), REFUSE(__NR_io_uring_register),
    // Keys, the kernel itself, the machine.
    REFUSE(__NR_add_key), REFUSE(__NR_request_key), REFUSE(__NR_keyctl),
    REFUSE(__NR_kexec_load), REFUSE(__NR_kexec_file_load), REFUSE(__NR_init_module),
    REFUSE(__NR_finit_module), REFUSE(__NR_delete_module), REFUSE(__NR_reboot),
    REFUSE(__NR_swapon), REFUSE(__NR_swapoff), REFUSE(__NR_acct), REFUSE(__NR_settimeofday),
    REFUSE(__NR_clock_settime), REFUSE(__NR_adjtimex), REFUSE(__NR_clock_adjtime),
#ifdef __x86_64__
    REFUSE(__NR_iopl), REFUSE(__NR_ioperm),
#endif
    // Mounts and namespaces.
    REFUSE(__NR_mount), REFUSE(__NR_umount2), REFUSE(__NR_pivot_root), REFUSE(__NR_chroot),
    REFUSE(__NR_open_tree), REFUSE(__NR_move_mount), REFUSE(__NR_fsopen), REFUSE(__NR_fsconfig),
    REFUSE(__NR_fsmount), REFUSE(__NR_fspick), REFUSE(442 /* mount_setattr */),
    REFUSE(__NR_name_to_handle_at), REFUSE(__NR_open_by_handle_at), REFUSE(__NR_unshare),
    REFUSE(__NR_setns),
    // Its flags stand in memory, where no filter sees them: whoever calls it knows what to do
    // where there is none.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
    ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1),
    ANSWER(REFUSAL),
    ANSWER(SECCOMP_RET_ALLOW),
};

int millrace_filter_enter(void) {
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? errno : 0;
}

int millrace_filter_works(void) {
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else

int millrace_filter_enter(void) { return ENOSYS; }
int millrace_filter_works(void) { return 0; }

#endif
