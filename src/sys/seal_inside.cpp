#include "sys/seal_inside.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <linux/capability.h>
#include <linux/seccomp.h>

#include "sys/seal_filter.h"

namespace pipit::sys {
namespace {

// Younger than the headers this must compile with.
constexpr long kSysMountSetattr = 442;
constexpr std::uint64_t kReadOnly = 1, kNoSetuid = 2;
constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE
constexpr rlim_t kProcessesMax = 4096;
struct MountAttributes {
  std::uint64_t set = 0, clear = 0, propagation = 0, userns_fd = 0;
};

SealFailure failed(SealStep step) { return {step, errno == 0 ? EINVAL : errno}; }

int set_attributes(const char* path, std::uint64_t set, std::uint64_t clear, unsigned flags) {
  MountAttributes attributes{set, clear, 0, 0};
  return static_cast<int>(::syscall(kSysMountSetattr, AT_FDCWD, path, flags, &attributes, sizeof attributes));
}

// "/proc/self/fd/17" without a formatter.
class FdPath {
 public:
  explicit FdPath(int fd) {
    std::memcpy(text_.data(), "/proc/self/fd/", 14);
    std::array<char, 12> digits{};
    std::size_t count = 0;
    do digits[count++] = static_cast<char>('0' + fd % 10);
    while ((fd /= 10) != 0);
    std::size_t at = 14;
    while (count != 0) text_[at++] = digits[--count];
    text_[at] = '\0';
  }
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 32> text_{};
};

int bind(int fd, const char* to) { return ::mount(FdPath(fd).c_str(), to, nullptr, MS_BIND | MS_REC, nullptr); }
int make_empty(const char* path, const char* options) { return ::mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options); }

// Makes every missing directory above the last name. The path is changed meanwhile and restored.
int make_parents(std::string& path) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] != '/') continue;
    path[i] = '\0';
    const int made = ::mkdir(path.c_str(), 0755);
    path[i] = '/';
    if (made < 0 && errno != EEXIST && errno != EROFS) return -1;
  }
  return 0;
}

int make_mount_point(SealPlace& place) {
  struct stat found {};
  if (::stat(place.path.c_str(), &found) == 0) return 0;
  if (make_parents(place.path) < 0) return -1;
  if (place.is_directory) return ::mkdir(place.path.c_str(), 0755) < 0 && errno != EEXIST ? -1 : 0;
  const int fd = ::open(place.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
  return fd < 0 ? -1 : ::close(fd);
}

SealFailure show(SealPlace& place) {
  if (!place.link.empty()) {
    if (make_parents(place.path) < 0) return failed(SealStep::show);
    return ::symlink(place.link.c_str(), place.path.c_str()) < 0 && errno != EEXIST ? failed(SealStep::show) : SealFailure{};
  }
  if (make_mount_point(place) < 0 || bind(place.fd, place.path.c_str()) < 0) return failed(SealStep::show);
  return {};
}

struct DeviceNode {
  const char* path;
  int fd = -1;
};

struct Devices {
  std::array<DeviceNode, 5> nodes{{{"/dev/null"}, {"/dev/zero"}, {"/dev/full"}, {"/dev/random"}, {"/dev/urandom"}}};
};

// The handful of devices that programs expect, and shared memory of their own.
SealFailure make_devices(Devices& devices) {
  if (make_empty("/dev", "mode=0755,size=64k") < 0) return failed(SealStep::devices);
  for (DeviceNode& node : devices.nodes) {
    if (node.fd < 0) continue;
    const int made = ::open(node.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
    if (made < 0 || ::close(made) < 0 || bind(node.fd, node.path) < 0) return failed(SealStep::devices);
  }
  static constexpr std::array<std::array<const char*, 2>, 4> links{{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"},
                                                                   {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}}};
  for (const auto& [target, name] : links)
    if (::symlink(target, name) < 0) return failed(SealStep::devices);
  if (::mkdir("/dev/shm", 01777) < 0 || make_empty("/dev/shm", "mode=1777,size=256m") < 0) return failed(SealStep::devices);
  return set_attributes("/dev", kReadOnly, 0, 0) < 0 ? failed(SealStep::devices) : SealFailure{};
}

int open_path(const char* path) { return ::open(path, O_PATH | O_CLOEXEC); }

SealFailure open_places(SealPlan& plan, Devices& devices) {
  for (auto* places : {&plan.visible, &plan.writable})
    for (SealPlace& place : *places)
      if (place.link.empty() && (place.fd = open_path(place.path.c_str())) < 0) return failed(SealStep::open);
  for (DeviceNode& node : devices.nodes) node.fd = open_path(node.path);
  return devices.nodes[0].fd < 0 ? failed(SealStep::devices) : SealFailure{};
}

SealFailure hide(const SealPlan& plan, int null_device) {
  for (const std::string& path : plan.hidden_directories)
    if (make_empty(path.c_str(), "mode=0755,size=1m") < 0) return failed(SealStep::hide);
  for (const std::string& path : plan.hidden_files)
    if (bind(null_device, path.c_str()) < 0) return failed(SealStep::hide);
  return {};
}

SealFailure open_up(SealPlan& plan) {
  for (SealPlace& place : plan.writable)
    if (make_mount_point(place) < 0 || bind(place.fd, place.path.c_str()) < 0) return failed(SealStep::write);
  // Now that every mount point is there the covers become read-only, and the places they were made for writable.
  for (const std::string& path : plan.hidden_directories)
    if (set_attributes(path.c_str(), kReadOnly, 0, 0) < 0) return failed(SealStep::hide);
  for (SealPlace& place : plan.writable)
    if (set_attributes(place.path.c_str(), 0, kReadOnly, 0) < 0) return failed(SealStep::write);
  return {};
}

int drop_capabilities(bool keep_file_privileges) {
  const std::uint32_t kept = keep_file_privileges ? (1u << CAP_CHOWN) | (1u << CAP_DAC_OVERRIDE) | (1u << CAP_FOWNER) : 0;
  for (unsigned long cap = 0; cap < 64; ++cap)
    if ((cap >= 32 || (kept >> cap & 1u) == 0) && ::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL) return -1;
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) return -1;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{{{kept, kept, 0}, {0, 0, 0}}};
  return static_cast<int>(::syscall(SYS_capset, &header, data.data()));
}

// A message of one byte that has room for one descriptor.
struct DescriptorMessage {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};

  DescriptorMessage() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;
};

int send_descriptor(int socket, int fd) {
  DescriptorMessage out;
  cmsghdr* header = CMSG_FIRSTHDR(&out.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(socket, &out.message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

// The descriptor, or -1 when the other side closed without sending one.
int receive_descriptor(int socket) {
  DescriptorMessage in;
  ssize_t got = 0;
  do got = ::recvmsg(socket, &in.message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&in.message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

void answer(int listener, int refusals) {
  seccomp_notif asked{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) return;
  const RefusedCall call{static_cast<std::uint32_t>(asked.data.nr), reported_argument(asked.data.nr, asked.data.args)};
  seccomp_notif_resp response{};
  response.id = asked.id;
  response.error = -refusal_errno(asked.data.nr);
  // The pipe does not block: who asks thousands of times is told no, but not counted for ever.
  if (::write(refusals, &call, sizeof call) < 0) response.val = 0;
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace

std::string_view words(SealStep step) {
  switch (step) {
    case SealStep::none: return "starting";
    case SealStep::map: return "mapping users";
    case SealStep::propagation: return "making a private view of the file systems";
    case SealStep::open: return "opening what the process may see";
    case SealStep::read_only: return "making the file systems read-only";
    case SealStep::hide: return "hiding directories";
    case SealStep::show: return "showing what it needs";
    case SealStep::write: return "opening its own directories for writing";
    case SealStep::devices: return "making /dev";
    case SealStep::processes: return "mounting /proc";
    case SealStep::fork: return "starting its first process";
    case SealStep::privileges: return "dropping privileges";
    case SealStep::filter: return "filtering system calls";
  }
  return "starting";
}

SealFailure make_view(SealPlan& plan) {
  if (plan.arguments_begin != 0) std::memset(reinterpret_cast<void*>(plan.arguments_begin), 0, plan.arguments_end - plan.arguments_begin);  // our copy of them
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) return failed(SealStep::propagation);
  Devices devices;
  if (auto failure = open_places(plan, devices)) return failure;
  if (set_attributes("/", kReadOnly | kNoSetuid, 0, kRecursive) < 0) return failed(SealStep::read_only);
  if (auto failure = hide(plan, devices.nodes[0].fd)) return failure;
  for (SealPlace& place : plan.visible)
    if (auto failure = show(place)) return failure;
  if (auto failure = open_up(plan)) return failure;
  if (auto failure = make_devices(devices)) return failure;
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr) < 0) return failed(SealStep::processes);
  return {};
}

SealFailure give_up_rights(const SealPlan& plan, int listener_socket) {
  const rlimit no_core{0, 0}, processes{kProcessesMax, kProcessesMax};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setrlimit(RLIMIT_NPROC, &processes);  // counted in its own user namespace (since Linux 5.14)
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failed(SealStep::privileges);
  restrict_writing(plan);
  if (drop_capabilities(plan.keep_file_privileges) < 0) return failed(SealStep::privileges);
  int listener = -1;
  if (!filter_calls(plan.network, listener)) return failed(SealStep::filter);
  if (listener >= 0 && send_descriptor(listener_socket, listener) < 0) return failed(SealStep::filter);
  if (listener >= 0) ::close(listener);
  ::close(listener_socket);
  return {};
}

void leave(int code) {
  while (true) ::syscall(SYS_exit_group, code);
}

void stand_watch(int child, int listener_socket, int refusals) {
  int listener = receive_descriptor(listener_socket);
  const int child_fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  constexpr int kReapEveryMs = 500;
  while (true) {
    std::array<pollfd, 2> waiting{{{child_fd, POLLIN, 0}, {listener, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), child_fd < 0 ? 10 : kReapEveryMs);
    if ((waiting[1].revents & POLLIN) != 0) answer(listener, refusals);
    if ((waiting[1].revents & (POLLHUP | POLLERR)) != 0) listener = -1;
    int raw = 0;
    for (pid_t gone = 0; (gone = ::waitpid(-1, &raw, WNOHANG)) > 0;)
      if (gone == child) leave(WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw));
  }
}

}  // namespace pipit::sys
