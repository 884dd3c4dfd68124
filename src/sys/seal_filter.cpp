#include "sys/seal_filter.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "sys/seal_inside.h"

// Numbers that all architectures share and older headers lack.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

namespace pipit::sys {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kArchitecture = 0;  // no filter: mounts, namespaces and Landlock still hold
#endif

struct NamedCall {
  int number;
  const char* words;
};

// Refused and reported.
constexpr NamedCall kRefused[] = {
    {SYS_ptrace, "ptrace"}, {SYS_process_vm_readv, "reading another process"}, {SYS_process_vm_writev, "writing another process"},
    {SYS_mount, "mount"}, {SYS_umount2, "umount"}, {SYS_pivot_root, "pivot_root"}, {SYS_chroot, "chroot"}, {SYS_unshare, "unshare"}, {SYS_setns, "setns"},
    {SYS_bpf, "bpf"}, {SYS_perf_event_open, "perf_event_open"}, {SYS_userfaultfd, "userfaultfd"}, {SYS_add_key, "the kernel's key store"},
    {SYS_request_key, "the kernel's key store"}, {SYS_keyctl, "the kernel's key store"}, {SYS_init_module, "loading a kernel module"},
    {SYS_finit_module, "loading a kernel module"}, {SYS_delete_module, "removing a kernel module"}, {SYS_kexec_load, "kexec"},
    {SYS_open_by_handle_at, "opening a file by handle"}, {SYS_swapon, "swapon"}, {SYS_swapoff, "swapoff"}, {SYS_reboot, "reboot"},
    {SYS_settimeofday, "setting the clock"}, {SYS_clock_settime, "setting the clock"}, {SYS_sethostname, "setting the host's name"},
    {SYS_setdomainname, "setting the host's name"}, {SYS_acct, "acct"}, {SYS_quotactl, "quotactl"}, {SYS_syslog, "the kernel's log"},
#ifdef SYS_iopl
    {SYS_iopl, "iopl"}, {SYS_ioperm, "ioperm"},
#endif
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, "kexec"},
#endif
    {428 /* open_tree */, "mount"}, {429 /* move_mount */, "mount"}, {430 /* fsopen */, "mount"}, {431 /* fsconfig */, "mount"}, {432 /* fsmount */, "mount"},
    {433 /* fspick */, "mount"}, {442 /* mount_setattr */, "mount"}, {438 /* pidfd_getfd */, "taking another process's files"},
};

// As if the kernel did not have them: programs fall back to calls whose arguments can be judged.
constexpr int kUnknown[] = {425 /* io_uring_setup */, 426, 427, 435 /* clone3 */, 437 /* openat2 */};

constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x02000000 /* CLONE_NEWCGROUP */;
constexpr std::uint32_t kSetuidBit = S_ISUID;

constexpr std::uint32_t offset_of(int argument) { return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * static_cast<unsigned>(argument)); }

class Program {
 public:
  explicit Program(std::uint32_t refuse) : refuse_(refuse) {}

  void build(bool network) {
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);  // the x32 interface
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    for (const int number : kUnknown) on(number, SECCOMP_RET_ERRNO | ENOSYS);
    for (const NamedCall& call : kRefused) on(call.number, refuse_);
    only_sockets(network);
    if_bits(SYS_clone, 0, kNewNamespaces);
    if_bits(SYS_fchmod, 1, kSetuidBit);
    if_bits(SYS_fchmodat, 2, kSetuidBit);
    if_bits(SYS_fchmodat2, 2, kSetuidBit);
    if_bits(SYS_mknodat, 2, kSetuidBit);
    if_created(SYS_openat, 2, 3);
#if defined(__x86_64__)
    if_bits(SYS_chmod, 1, kSetuidBit);
    if_bits(SYS_mknod, 1, kSetuidBit);
    if_bits(SYS_creat, 1, kSetuidBit);
    if_created(SYS_open, 1, 2);
#endif
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  int install(unsigned flags) {
    sock_fprog program{static_cast<unsigned short>(size_), code_.data()};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  }

 private:
  void add(int code, std::uint32_t k, std::uint8_t jt = 0, std::uint8_t jf = 0) {
    if (size_ < code_.size()) code_[size_++] = {static_cast<std::uint16_t>(code), jt, jf, k};
  }
  // The number is in the accumulator wherever a rule begins.
  void on(int number, std::uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
    add(BPF_RET | BPF_K, action);
  }
  void if_bits(int number, int argument, std::uint32_t bits) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4);
    add(BPF_LD | BPF_W | BPF_ABS, offset_of(argument));
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    add(BPF_RET | BPF_K, refuse_);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  void if_created(int number, int flags, int mode) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 6);
    add(BPF_LD | BPF_W | BPF_ABS, offset_of(flags));
    add(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 0, 3);
    add(BPF_LD | BPF_W | BPF_ABS, offset_of(mode));
    add(BPF_JMP | BPF_JSET | BPF_K, kSetuidBit, 0, 1);
    add(BPF_RET | BPF_K, refuse_);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  void only_sockets(bool network) {
    // Of netlink only the protocol that name lookups ask for addresses.
    const std::uint8_t families = network ? 3 : 1;
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, static_cast<std::uint8_t>(families + 6));
    add(BPF_LD | BPF_W | BPF_ABS, offset_of(0));
    std::uint8_t left = families;
    for (const int family : {AF_UNIX, AF_INET, AF_INET6})
      if (left != 0) add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(family), static_cast<std::uint8_t>(left-- + 3), 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 2);
    add(BPF_LD | BPF_W | BPF_ABS, offset_of(2));
    add(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_ROUTE, 1, 0);
    add(BPF_RET | BPF_K, refuse_);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  std::uint32_t refuse_;
  std::array<sock_filter, 320> code_{};
  std::size_t size_ = 0;
};

// --- Landlock, by its numbers: the headers are often older than the kernel.
constexpr long kSysCreateRuleset = 444, kSysAddRule = 445, kSysRestrictSelf = 446;
constexpr std::uint32_t kAskVersion = 1;
struct RulesetAttributes {
  std::uint64_t handled_fs = 0, handled_net = 0, scoped = 0;
};
struct PathRule {
  std::uint64_t allowed = 0;
  std::int32_t parent_fd = -1;
} __attribute__((packed));

std::uint64_t write_rights(int abi) {
  std::uint64_t rights = 1u << 1;                           // WRITE_FILE
  for (unsigned bit = 4; bit <= 12; ++bit) rights |= 1u << bit;  // REMOVE_*, MAKE_*
  if (abi >= 2) rights |= 1u << 13;                         // REFER
  if (abi >= 3) rights |= 1u << 14;                         // TRUNCATE
  return rights;
}

void allow_beneath(int ruleset, const char* path, std::uint64_t rights) {
  PathRule rule{rights, ::open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent_fd < 0) return;
  ::syscall(kSysAddRule, ruleset, 1 /* beneath a path */, &rule, 0);
  ::close(rule.parent_fd);
}

}  // namespace

void restrict_writing(const SealPlan& plan) {
  const int abi = static_cast<int>(::syscall(kSysCreateRuleset, nullptr, 0, kAskVersion));
  if (abi < 1) return;
  RulesetAttributes attributes{write_rights(abi), 0, 0};
  std::size_t size = sizeof attributes.handled_fs;
  if (abi >= 4) {
    size += sizeof attributes.handled_net;
    attributes.handled_net = plan.network ? 0 : 3;  // binding and connecting TCP
  }
  if (abi >= 6) {
    size += sizeof attributes.scoped;
    attributes.scoped = 3;  // abstract sockets of, and signals to, what is outside
  }
  const int ruleset = static_cast<int>(::syscall(kSysCreateRuleset, &attributes, size, 0));
  if (ruleset < 0) return;
  for (const SealPlace& place : plan.writable) allow_beneath(ruleset, place.path.c_str(), attributes.handled_fs);
  allow_beneath(ruleset, "/dev", attributes.handled_fs);
  ::syscall(kSysRestrictSelf, ruleset, 0);
  ::close(ruleset);
}

bool filter_calls(bool network, int& listener) {
  listener = -1;
  if (kArchitecture == 0) return true;
  Program reporting(SECCOMP_RET_USER_NOTIF);
  reporting.build(network);
  listener = reporting.install(SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener >= 0) return true;
  // An older kernel, or somebody else listens already: refused all the same, but not told.
  Program silent(SECCOMP_RET_ERRNO | EPERM);
  silent.build(network);
  return silent.install(0) >= 0 || errno == ENOSYS || errno == EINVAL;
}

int refusal_errno(int number) { return number == SYS_socket ? EACCES : EPERM; }

std::uint32_t reported_argument(int number, const unsigned long long* arguments) {
  return number == SYS_socket ? static_cast<std::uint32_t>(arguments[0]) : 0;
}

std::string words(const RefusedCall& call) {
  const int number = static_cast<int>(call.number);
  if (number == SYS_socket) return call.argument == AF_INET || call.argument == AF_INET6 ? "a network socket" : "a socket of family " + std::to_string(call.argument);
  if (number == SYS_clone) return "new namespaces";
  for (const NamedCall& known : kRefused)
    if (known.number == number) return known.words;
  return "a file with the setuid bit";
}

}  // namespace pipit::sys
