// What a hostile back end tries, and what comes of it: refused, told, nothing left behind. And what sealed builds may do.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "cmdline/run_pipit.h"
#include "pipit/sys/seal.h"
#include "support/tar_maker.h"

using namespace pipit::test;
namespace fs = std::filesystem;

namespace {

// A back end that tries something first. ATTEMPT fails by an exception, as the program of a stranger would.
std::string back_end(const std::string& attempt) {
  return "import ctypes, glob, os, shutil, signal, socket, subprocess, sys, time, zipfile\n"
         "libc = ctypes.CDLL(None, use_errno=True)\n"
         "def call(name, *arguments):\n"
         "    if getattr(libc, name)(*arguments) < 0:\n"
         "        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)\n"
         "def wheel(wheel_directory, name='demo-1.0-py3-none-any.whl'):\n"
         "    import base64, hashlib\n"
         "    files = {'demo.py': 'x = 1\\n', 'demo-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n',\n"
         "             'demo-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n"
         "    rows = ''.join('%s,sha256=%s,%d\\n' % (path, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('='), len(text))\n"
         "                   for path, text in files.items())\n"
         "    files['demo-1.0.dist-info/RECORD'] = rows + 'demo-1.0.dist-info/RECORD,,\\n'\n"
         "    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as archive:\n"
         "        for path, text in files.items():\n"
         "            archive.writestr(path, text)\n"
         "    return name\n"
         "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
         "    " + attempt + "\n"
         "    return wheel(wheel_directory)\n";
}

// One project in a directory of its own, outside of everything that is hidden by name.
struct Hostile {
  Bench bench;
  fs::path venv = bench.venv();
  fs::path project = bench.path("project");

  Hostile() {
    fs::create_directories(project);
    fs::create_directories(bench.path("home/.ssh"));
    write_file(bench.path("home/.ssh/id_rsa"), "canary-key");
    write_file(bench.path("home/.netrc"), "machine x login y password canary-key");
    write_file(bench.path("victim"), "as it was");
    write_file(project / "pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"back\"\nbackend-path = [\".\"]\n[project]\nname = \"demo\"\nversion = \"1.0\"\n");
  }
  // %ROOT% is the bench.
  Outcome build(std::string attempt, const Words& options = {}) {
    const std::string mark = "%ROOT%";
    for (std::size_t at = 0; (at = attempt.find(mark)) != std::string::npos;) attempt.replace(at, mark.size(), bench.path("").parent_path().string());
    write_file(project / "back.py", back_end(attempt));
    Words words = {"--force-reinstall", project.string()};
    words.insert(words.begin(), options.begin(), options.end());
    return bench.install(venv, words);
  }
  std::optional<std::string> obstacle() const {
    auto found = pipit::sys::seal_obstacle({{project}, {}, {bench.path("home")}, false});
    return found ? std::optional(found->message) : std::nullopt;
  }
};

}  // namespace

#define SKIP_WHERE_NOTHING_IS_SEALED(hostile) \
  if (auto obstacle = (hostile).obstacle()) SKIP("builds cannot be sealed here: " + *obstacle)

TEST_CASE("an attempt of a hostile back end fails, is told with the option that would allow it, and leaves everything as it was", "[cmdline][seal]") {
  struct Attempt {
    const char* what;
    const char* code;
    const char* needs = "/";  // without it there is nothing to attempt
  };
  static const Attempt attempts[] = {
      {"a TCP connection", "socket.create_connection(('127.0.0.1', 9), 1)"},
      {"an IPv6 connection", "socket.socket(socket.AF_INET6).connect(('::1', 9))"},
      {"a datagram", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"},
      {"a name lookup", "socket.getaddrinfo('example.invalid', 80)"},
      {"a raw packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"},
      {"a virtual machine's socket", "socket.socket(40, socket.SOCK_STREAM)"},
      {"a listening socket", "socket.socket().bind(('127.0.0.1', 0))"},
      {"the user's key, by HOME of the run", "open('%ROOT%/home/.ssh/id_rsa').read()"},
      {"root's home", "open('/root/.bashrc-or-any', 'w')"},
      {"a file beside the tree", "open('%ROOT%/victim', 'w')"},
      {"removing a file beside the tree", "os.remove('%ROOT%/victim')"},
      {"renaming into the parent", "os.rename('back.py', '%ROOT%/back.py')"},
      {"a hard link to a file outside", "os.link('%ROOT%/victim', 'linked')"},
      {"writing through a link", "os.symlink('%ROOT%/victim', 'door'), open('door', 'w')"},
      {"changing modes outside", "os.chmod('%ROOT%/victim', 0o777)"},
      {"the target environment", "open('%ROOT%/venv/planted.pth', 'w')"},
      {"/etc", "open('/etc/planted', 'w')"},
      {"the kernel's settings", "open('/proc/sys/kernel/core_pattern', 'w').write('|/x')"},
      {"the parent's memory", "open('/proc/%d/mem' % (os.getppid() or 1), 'rb').read(1)"},
      {"the parent's environment", "open('/proc/1/environ', 'rb').read(1)"},
      {"ptrace", "call('ptrace', 16, 1, 0, 0)"},
      {"mounting", "call('mount', b'none', b'/mnt', b'tmpfs', 0, None)"},
      {"unmounting", "call('umount2', b'/proc', 2)"},
      {"a namespace of its own", "call('unshare', 0x10000000)"},
      {"chroot", "os.chroot('.')"},
      {"a setuid file", "os.chmod('back.py', 0o4755)"},
      {"creating a setuid file", "os.close(os.open('new', os.O_CREAT | os.O_WRONLY, 0o4755))"},
      {"becoming somebody else", "os.setuid(12345)"},
      {"a device", "os.mknod('disk', 0o60600, os.makedev(8, 0))"},
      {"the wall clock", "time.clock_settime(time.CLOCK_REALTIME, 0)"},
      {"other groups", "os.setgroups([12345])"},
      {"a socket of the X server's name space", "socket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')"},
      {"the message bus", "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')"},
      {"news of the kernel's devices", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)"},
      {"an io_uring", "call('syscall', 425, 8, ctypes.create_string_buffer(200))"},
      {"typing into the terminal", "__import__('fcntl').ioctl(os.open('/dev/tty', 2), 0x5412, b'x')"},
      {"killing its first process", "os.kill(1, 9); time.sleep(0.1); raise OSError('Operation not permitted')"},
      {"killing everybody", "os.kill(-1, 9)"},
      {"more than its share of time", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))"},
      {"userfaultfd", "call('syscall', 323 if os.uname().machine == 'x86_64' else 282, 0)"},
      {"another process's files", "call('syscall', 438, os.pidfd_open(1), 1, 0)"},
      {"capabilities of a file", "os.setxattr('back.py', 'security.capability', b'\\1\\0\\0\\2' + b'\\xff' * 8 + b'\\0' * 8)"},
      {"an immutable file", "__import__('fcntl').ioctl(open('new', 'w'), 0x40086602, (16).to_bytes(8, 'little'))"},
      {"the password file of netrc", "open('%ROOT%/home/.netrc').read()"},
      {"pipit's cache", "open('%ROOT%/cache/planted', 'w')"},
      {"its own environment", "open(sys.prefix + '/planted', 'w')"},
      {"the interpreter", "open(os.path.dirname(os.__file__) + '/planted.py', 'w')"},
      {"a control group", "os.mkdir('/sys/fs/cgroup/planted')", "/sys/fs/cgroup"},
      {"the kernel's keys", "call('syscall', 250 if os.uname().machine == 'x86_64' else 219, 0, -4, 1)"},
  };
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  for (const Attempt& attempt : attempts) {
    if (!fs::exists(attempt.needs)) continue;
    const Outcome outcome = hostile.build(attempt.code);
    INFO(attempt.what << "\n" << outcome.all());
    CHECK(outcome.exit_code == 1);
    CHECK(has(outcome.err, "did not run successfully"));
    CHECK(has(outcome.err, "sealed"));
    CHECK(has(outcome.err, "--build-sandbox=off"));
    CHECK_FALSE(has(outcome.all(), "canary-key"));
  }
  CHECK(read_whole_file(hostile.bench.path("victim")) == "as it was");
  CHECK_FALSE(fs::exists(hostile.bench.path("back.py")));
  CHECK_FALSE(fs::exists(hostile.venv / "planted.pth"));
  CHECK(installed_in(hostile.venv).empty());
  CHECK(fs::is_empty(hostile.bench.temporary()));
}

TEST_CASE("what a back end tries and keeps quiet about is told although it built its wheel", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  const Outcome outcome = hostile.build("\n    for _ in range(3):\n        try: socket.socket()\n        except OSError: pass\n");
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.err, "a network socket (3 times)"));
}

TEST_CASE("a daemon that a back end leaves behind ends with the build", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  // It keeps writing into the tree, the one place it may: nothing grows once the run is over.
  const Outcome outcome = hostile.build("\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork(): os._exit(0)\n        while True:\n            open('beat', 'a').write('.')\n            time.sleep(0.01)\n"
                                        "    while not os.path.exists('beat'): time.sleep(0.01)\n");
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
  const auto size = fs::file_size(hostile.project / "beat");
  CHECK(hostile.bench.start("/bin/sh", {"-c", "sleep 0.3"}).exit_code == 0);
  CHECK(fs::file_size(hostile.project / "beat") == size);
}

TEST_CASE("of a build that writes without end the last lines are shown; one that never ends is ended", "[cmdline]") {
  Hostile hostile;
  const Outcome flood = hostile.build("\n    for i in range(40): os.write(1, b'x' * (1 << 20))\n    print('\\nthe last word', flush=True)\n    raise SystemExit(3)");
  CHECK(flood.exit_code == 1);
  CHECK(has(flood.err, "the last word"));
  CHECK(flood.err.size() < 100'000);
  const Outcome endless = hostile.build("time.sleep(1000)", {"--build-timeout", "0.5"});
  INFO(endless.all());
  CHECK(endless.exit_code == 1);
  CHECK(has(endless.err, "took longer than 0.5 s"));
}

TEST_CASE("what hooks leave for the next hook cannot lead it, or pipit, outside", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  fs::create_directories(hostile.bench.path("elsewhere/demo-1.0.dist-info"));
  write_file(hostile.bench.path("elsewhere/demo-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: canary-key\n");
  const std::string elsewhere = hostile.bench.path("elsewhere").string();
  const std::string plant = GENERATE_COPY(
      // the folder of the hook, by its driver's own name, as the interpreter ends
      "import atexit; here = os.path.dirname(sys.orig_argv[1]); atexit.register(lambda: (os.rename(here, here + 'x'), os.symlink('" + elsewhere + "', here))); return []",
      // home and the temporary directory
      "[(os.rename(os.environ[name], os.environ[name] + 'x'), os.symlink('" + elsewhere + "', os.environ[name])) for name in ('HOME', 'TMPDIR')]; return []",
      // the tree itself
      "here = os.getcwd(); os.chdir('/'); os.rename(here, here + 'x'); os.symlink('" + elsewhere + "', here); return []",
      // the metadata's folder
      "return []");
  const std::string back = back_end("pass") + "def get_requires_for_build_wheel(config_settings=None):\n    " + plant +
                           "\ndef prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):\n"
                           "    try: open('" + elsewhere + "/planted', 'w').close()\n    except OSError: pass\n"
                           "    try: open(os.path.expanduser('~/planted'), 'w').close()\n    except OSError: pass\n"
                           "    os.rmdir(metadata_directory); os.symlink('" + elsewhere + "', metadata_directory)\n"
                           "    return 'demo-1.0.dist-info'\n";
  const std::string pyproject = read_whole_file(hostile.project / "pyproject.toml");
  const fs::path sdist = hostile.bench.path("demo-1.0.tar.gz");
  write_file(sdist, TarMaker().file("demo-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n").file("demo-1.0/pyproject.toml", pyproject).file("demo-1.0/back.py", back).tar_gz());
  // Not installed: then the metadata is asked for by itself.
  const Outcome outcome = hostile.bench.install(hostile.venv, {"--dry-run", sdist.string()});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK_FALSE(has(outcome.all(), "canary-key"));
  CHECK(tree_of(hostile.bench.path("elsewhere")).find("planted") == std::string::npos);
  CHECK(std::distance(fs::directory_iterator(elsewhere), fs::directory_iterator()) == 1);
  CHECK(installed_in(hostile.venv).empty());
  CHECK(fs::is_empty(hostile.bench.temporary()));
}

TEST_CASE("a link planted in place of the wheel, or of its directory, is refused", "[cmdline]") {
  Hostile hostile;
  const std::string attempt = GENERATE(as<std::string>{}, "os.symlink(os.path.abspath(wheel('.')), os.path.join(wheel_directory, 'demo-1.0-py3-none-any.whl')); return 'demo-1.0-py3-none-any.whl'",
                                       "os.rmdir(wheel_directory); os.mkdir('other'); wheel('other'); os.symlink(os.path.abspath('other'), wheel_directory); return 'demo-1.0-py3-none-any.whl'",
                                       "return '../../../victim'", "return '/etc/passwd'");
  const Outcome outcome = hostile.build(attempt);
  INFO(outcome.all());
  CHECK(outcome.exit_code == 1);
  CHECK(has(outcome.err, "bad-backend-answer"));
  CHECK(installed_in(hostile.venv).empty());
}

TEST_CASE("a sealed build has a home and a temporary directory, and no passwords of ours", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  hostile.bench.variables = {{"MY_API_TOKEN", "canary"},           {"SSH_AUTH_SOCK", "/run/agent"}, {"CFLAGS", "-O1"}, {"NPM_CONFIG__AUTH", "canary"},
                             {"DATABASE_URL", "db://u:canary@h/"}, {"https_proxy", "http://u:canary@h:1"}, {"PIP_INDEX_URL", "https://u:canary@h/"}};
  const Outcome outcome = hostile.build("import tempfile; open(os.path.expanduser('~/x'), 'w').close(); tempfile.TemporaryFile().close(); "
                                        "assert 'MY_API_TOKEN' not in os.environ and 'SSH_AUTH_SOCK' not in os.environ and os.environ['CFLAGS'] == '-O1'; "
                                        "assert not [value for value in os.environ.values() if 'canary' in value]; "
                                        "assert __import__('resource').getrlimit(__import__('resource').RLIMIT_NPROC)[0] <= 4096; "
                                        "subprocess.check_call(['sh', '-c', 'echo x > /dev/null']); assert os.listdir(os.path.expanduser('~')) == ['x']");
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("a sealed build sees no argument of ours", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  const Outcome outcome = hostile.build("shown = b''.join(open(name, 'rb').read() for name in glob.glob('/proc/[0-9]*/cmdline')); "
                                        "assert b'python' in shown and b'canary' not in shown and b'index.example' not in shown, shown",
                                        {"-i", "https://user:canary@index.example/simple/"});
  INFO(outcome.all());
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("option --build-network lets one project out and says so at the end; --build-sandbox=off seals nothing", "[cmdline][seal]") {
  Hostile hostile;
  const std::string attempt = "socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()";
  const Outcome unsealed = hostile.build(attempt, {"--build-sandbox=off"});
  INFO(unsealed.all());
  CHECK(unsealed.exit_code == 0);
  CHECK_FALSE(has(unsealed.err, "sealed"));
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  CHECK(hostile.build(attempt, {"--build-network", "other"}).exit_code == 1);
  const Outcome allowed = hostile.build(attempt, {"--build-network", "Demo"});
  INFO(allowed.all());
  CHECK(allowed.exit_code == 0);
  CHECK(has(allowed.out, "--build-network: demo"));
}

TEST_CASE("option --build-network goes by the name of the line, else of the archive or the directory, and a build that was refused says which", "[cmdline][seal]") {
  Hostile hostile;
  SKIP_WHERE_NOTHING_IS_SEALED(hostile);
  const std::string back = back_end("socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()");
  const std::string pyproject = "[build-system]\nrequires = []\nbuild-backend = \"back\"\nbackend-path = [\".\"]\n";  // nothing tells a name
  const std::string archive = TarMaker().file("demo-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n").file("demo-1.0/pyproject.toml", pyproject).file("demo-1.0/back.py", back).tar_gz();
  for (const char* name : {"demo-1.0.tar.gz", "main.tar.gz"}) write_file(hostile.bench.path(name), archive);
  write_file(hostile.project / "pyproject.toml", pyproject);
  write_file(hostile.project / "back.py", back);
  const std::string root = hostile.bench.path("").parent_path().string();
  const struct {
    std::string wanted, name;
  } rows[] = {{root + "/demo-1.0.tar.gz", "demo"}, {root + "/main.tar.gz", "main"}, {"demo @ file://" + root + "/main.tar.gz", "demo"},
              {root + "/project", "project"}, {"demo @ file://" + root + "/project", "demo"}};
  for (const auto& row : rows) {
    INFO(row.wanted);
    const Outcome refused = hostile.bench.install(hostile.venv, {"--force-reinstall", "--no-cache-dir", "--build-network", "other", row.wanted});
    INFO(refused.all());
    CHECK(refused.exit_code == 1);
    CHECK(has(refused.err, "--build-network " + row.name + " gives it the network"));
    const Outcome allowed = hostile.bench.install(hostile.venv, {"--force-reinstall", "--no-cache-dir", "--build-network", row.name, row.wanted});
    INFO(allowed.all());
    CHECK(allowed.exit_code == 0);
    CHECK(has(allowed.out, "--build-network: " + row.name));
  }
}
