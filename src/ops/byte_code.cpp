#include "ops/byte_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "pipit/base/text.h"
#include "pipit/sys/file.h"
#include "pipit/sys/process.h"
#include "pipit/verify/digest.h"

namespace pipit::ops {

namespace {

constexpr std::size_t kCrashesMax = 16;  // of the helper, before the rest is left to Python

// Standard input: "SOURCE NUL PATH NUL SIZE NUL" for each job. Standard output: "tag CACHE-TAG LF", then for each job "NUMBER SIZE
// LF" and the bytes, or "NUMBER - LF"; jobs are shared out to WORKERS processes, so they come in any order. Python 3.6 and up.
constexpr std::string_view kHelper = R"(
import sys, os, marshal, warnings
import importlib.util as util
from importlib.machinery import SourceFileLoader
warnings.filterwarnings('ignore')
sys.dont_write_bytecode = True
workers, hashed = int(sys.argv[1]), sys.argv[2] == 'hashed' and sys.version_info >= (3, 7)
words = sys.stdin.buffer.read().split(b'\0')
jobs = [words[i:i + 3] for i in range(0, len(words) - 2, 3)]
output = os.fdopen(1, 'wb', 1 << 20, closefd=False)
output.write(('tag %s\n' % sys.implementation.cache_tag).encode())
output.flush()
turn = os.pipe()
os.write(turn[1], b'.')
mine, children, step = 0, [], max(1, min(workers, len(jobs) // 16))
for number in range(1, step):
    pid = os.fork()
    if pid == 0:
        mine, children = number, []
        break
    children.append(pid)
def four(number):
    return (number & 0xffffffff).to_bytes(4, 'little')
def compiled(source, path, size):
    path = os.fsdecode(path)
    with open(os.fsdecode(source), 'rb') as file:
        text = file.read()
        time = int(os.fstat(file.fileno()).st_mtime)
    code = SourceFileLoader('<py_compile>', path).source_to_code(text, path)
    head = util.MAGIC_NUMBER
    if hashed:
        head += four(3) + util.source_hash(text)
    else:
        head += (four(0) if sys.version_info >= (3, 7) else b'') + four(time) + four(int(size))
    return head + marshal.dumps(code)
for number in range(mine, len(jobs), step):
    try:
        data = compiled(*jobs[number])
        head = '%d %d\n' % (number, len(data))
    except Exception:
        data, head = b'', '%d -\n' % number
    os.read(turn[0], 1)
    output.write(head.encode())
    output.write(data)
    output.flush()
    os.write(turn[1], b'.')
for pid in children:
    os.waitpid(pid, 0)
os._exit(0)
)";

struct Job {
  std::size_t project = 0;  // index into the request's
  std::string file;         // the source, on the disk
  wheel::Compilable source;
  bool settled = false;
};

// Everything that byte code depends on but the wheel itself: who compiles it, and the places it is compiled for.
std::string key_of(const PlaceRequest& request, CodeFor whom, bool hashed) {
  const python::Interpreter& target = request.target;
  const wheel::Scheme& scheme = request.destination.scheme;
  std::string text = fmt::format("1\n{}\n{}\n{}\n{}\n{}\n", target.implementation, target.full_version, target.abi_flags, target.base_executable.string(), hashed);
  if (const auto facts = sys::stat_path(target.base_executable); facts && *facts) text += fmt::format("{} {}\n", (*facts)->size, (*facts)->mtime_ns);
  if (whom == CodeFor::anywhere) return verify::sha256_hex(as_bytes_view(text + "anywhere\n")).substr(0, 32);
  for (const std::string* place : {&scheme.purelib, &scheme.platlib, &scheme.scripts, &scheme.data, &scheme.headers, &request.destination.interpreter}) text += *place + "\n";
  return verify::sha256_hex(as_bytes_view(text)).substr(0, 32);
}

// Takes the helper's output apart as it arrives.
class Answers {
 public:
  using Receive = std::function<void(std::size_t number, std::optional<std::string_view> bytes)>;
  explicit Answers(Receive receive) : receive_(std::move(receive)) {}

  void add(std::string_view chunk) {
    buffer_ += chunk;
    std::size_t at = 0;
    while (!nonsense_) {
      const std::size_t end = buffer_.find('\n', at);
      if (end == std::string::npos) break;
      const std::size_t used = take(std::string_view(buffer_).substr(at, end - at), end + 1);
      if (used == 0) break;
      at = used;
    }
    buffer_.erase(0, at);
  }
  const std::string& tag() const { return tag_; }

 private:
  // Returns where the next answer begins, or 0 if this one is not all there yet.
  std::size_t take(std::string_view head, std::size_t body) {
    const std::size_t space = head.find(' ');
    const std::string_view first = head.substr(0, space), second = space == std::string_view::npos ? "" : head.substr(space + 1);
    if (first == "tag") {
      tag_ = second;
      nonsense_ = tag_.empty() || tag_.find('/') != std::string::npos;
      return body;
    }
    std::size_t number = 0, size = 0;
    nonsense_ = !read(first, number) || (second != "-" && !read(second, size));
    if (nonsense_ || size > buffer_.size() - body) return 0;
    receive_(number, second == "-" ? std::nullopt : std::optional(std::string_view(buffer_).substr(body, size)));
    return body + size;
  }
  static bool read(std::string_view text, std::size_t& out) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    return problem == std::errc() && end == text.data() + text.size() && !text.empty();
  }

  Receive receive_;
  std::string buffer_, tag_;
  bool nonsense_ = false;
};

class Compiler {
 public:
  Compiler(const PlaceRequest& request, CodeFor whom, Wheels& wheels, Session& session) : request_(request), whom_(whom), wheels_(wheels), session_(session), open_(request.projects.size(), 0), made_(request.projects.size()) {
    hashed_ = session.variable("SOURCE_DATE_EPOCH").has_value();  // py_compile's rule
    out_.key = key_of(request, whom, hashed_);
  }

  Result<Compiled> run() {
    PIPIT_CHECK(find_jobs());
    for (std::size_t crashes = 0; !all_settled(); ++crashes) {
      PIPIT_CHECK(run_helper(crashes == 0 ? session_.workers().width() : 1));
      if (all_settled()) break;
      if (crashes == kCrashesMax || tag_.empty()) {
        session_.reporter().warn("compile", fmt::format("{} files were not compiled: the interpreter's helper ended before it was done; Python will compile them", left()));
        break;
      }
      // Alone and in order, the first that has no answer is the one it died of.
      if (crashes > 0) give_up_first();
    }
    return std::move(out_);
  }

 private:
  const wheel::PreparedWheel& wheel_of(std::size_t project) const { return request_.wheels.at(name_of(project)); }
  const std::string& name_of(std::size_t project) const { return request_.projects[project]->resolved.candidate.name; }

  Status find_jobs() {
    for (std::size_t i = 0; i < request_.projects.size(); ++i) {
      const wheel::PreparedWheel& wheel = wheel_of(i);
      if (auto known = wheels_.find_code(wheel, out_.key)) {
        out_.byte_code.emplace(name_of(i), std::move(*known));
        continue;
      }
      PIPIT_TRY(auto sources, wheel::compilable(wheel, write_options(*request_.projects[i], request_)));
      for (wheel::Compilable& source : sources) {
        std::string file = (wheel.tree / source.source).string();
        jobs_.push_back({i, std::move(file), std::move(source), false});
        ++open_[i];
      }
    }
    return ok();
  }

  std::size_t left() const {
    return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return !job.settled; }));
  }
  bool all_settled() const { return left() == 0; }
  void give_up_first() {
    const auto first = std::find_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return !job.settled; });
    if (first != jobs_.end()) settle(*first, std::nullopt);
  }

  // Settles what it can. How the helper ended does not matter: what has no answer is still open.
  Status run_helper(std::size_t workers) {
    std::vector<Job*> asked;
    sys::ProcessSpec spec;
    for (Job& job : jobs_) {
      if (job.settled) continue;
      asked.push_back(&job);
      const std::string& named = whom_ == CodeFor::anywhere ? job.source.source : job.source.path;
      for (const std::string& word : {job.file, named, std::to_string(job.source.size)}) spec.input.append(word).push_back('\0');
    }
    spec.program = request_.destination.interpreter;
    spec.arguments = {"-I", "-S", "-c", std::string(kHelper), std::to_string(workers), hashed_ ? "hashed" : "timed"};
    for (const auto& variable : session_.environment())
      if (!variable.first.starts_with("PYTHON")) spec.environment.push_back(variable);
    spec.output_max_bytes = 0;
    Answers* telling = nullptr;
    Answers answers([&](std::size_t number, std::optional<std::string_view> bytes) {
      tag_ = telling->tag();
      if (number < asked.size() && !asked[number]->settled) settle(*asked[number], bytes);
    });
    telling = &answers;
    spec.on_output = [&](std::string_view chunk) { answers.add(chunk); };
    auto ended = sys::run_process(spec, session_.stop());
    PIPIT_CHECK(session_.check_cancelled());
    if (!ended) session_.reporter().debug("the helper that compiles: " + ended.error().message);
    tag_ = answers.tag();
    return ok();
  }

  void settle(Job& job, std::optional<std::string_view> bytes) {
    job.settled = true;
    if (bytes) made_[job.project].push_back({wheel::byte_code_path(job.source.source, tag_), std::string(*bytes)});
    else session_.reporter().debug("not compiled: " + job.source.path);
    if (--open_[job.project] == 0) keep(job.project);
  }

  // A wheel without byte code is remembered, too: it need not be tried again.
  void keep(std::size_t project) {
    std::vector<fetch::ByteCodeFile> files = std::move(made_[project]);
    made_[project].clear();
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    auto added = wheels_.add_code(wheel_of(project), out_.key, files);
    if (added) out_.byte_code.emplace(name_of(project), std::move(*added));
    else session_.reporter().warn("compile", fmt::format("the byte code of {} is not installed: {}", name_of(project), added.error().message));
  }

  const PlaceRequest& request_;
  CodeFor whom_;
  Wheels& wheels_;
  Session& session_;
  bool hashed_ = false;
  std::string tag_;
  std::vector<Job> jobs_;
  std::vector<std::size_t> open_;                           // jobs of each project
  std::vector<std::vector<fetch::ByteCodeFile>> made_;      // of each project
  Compiled out_;
};

}  // namespace

Result<Compiled> compile(const PlaceRequest& request, CodeFor whom, Wheels& wheels, Session& session) {
  if (request.projects.empty()) return Compiled{};
  session.reporter().phase("Compiling");
  return Compiler(request, whom, wheels, session).run();
}

}  // namespace pipit::ops
