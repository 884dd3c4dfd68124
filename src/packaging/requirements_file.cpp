#include "pipit/packaging/requirements_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_set>

#include "packaging/lost_words.h"
#include "packaging/paths.h"
#include "packaging/python_text.h"
#include "packaging/requirement_forms.h"
#include "packaging/requirements_errors.h"
#include "packaging/requirements_options.h"
#include "packaging/requirements_text.h"
#include "packaging/text_encoding.h"
#include "pipit/base/text.h"
#include "pipit/base/url.h"

namespace pipit::packaging {
namespace {

// Against files that include each other without end (every include may be another URL) and against huge input.
constexpr std::size_t kDepthMax = 200;
constexpr std::size_t kFilesMax = 10'000;
constexpr std::size_t kFileSizeMax = 64u << 20;
constexpr std::size_t kErrorsMax = 200;
// What all lines with variables may come to: a variable of 100 KB on each of 100,000 lines is no requirements file.
constexpr std::size_t kExpandedTotalMax = 64'000'000;

bool has_url_scheme(std::string_view location) {
  const std::string_view start = location.substr(0, 6);
  return ascii_iequals(start.substr(0, 5), "http:") || ascii_iequals(start, "https:") || ascii_iequals(start.substr(0, 5), "file:");
}
bool is_remote(std::string_view location) { return has_url_scheme(location) && !ascii_iequals(location.substr(0, 5), "file:"); }

// One file that is being read; the files it was included from lie below it on the stack.
struct Frame {
  std::string location;   // as displayed
  std::string key;        // what cycles are recognised by
  std::string peep_file;
  bool constraint = false;
  LogicalLines content;
  std::size_t next = 0;
  bool has_requirement = false, all_have_peep_hashes = true;
};

class FileParser {
 public:
  FileParser(FileOptions options, bool as_constraints, const RequirementsParseContext& context)
      : context_(context), as_constraints_(as_constraints) {
    for (std::string& url : options.extra_index_urls) options.index_urls.push_back(std::move(url));
    options.extra_index_urls.clear();
    if (options.no_index) options.index_urls.clear();
    if (options.pre) options.all_releases.emplace_back(":all:");
    trusted_ = {options.trusted_hosts.begin(), options.trusted_hosts.end()};
    sets_.no_binary = {options.no_binary.begin(), options.no_binary.end()};
    sets_.only_binary = {options.only_binary.begin(), options.only_binary.end()};
    sets_.all_releases = {options.all_releases.begin(), options.all_releases.end()};
    sets_.only_final = {options.only_final.begin(), options.only_final.end()};
    out_.options = std::move(options);
  }

  Result<RequirementsFile> parse(const std::string& location) {
    const std::string key = has_url_scheme(location) ? location : absolute_path(context_.current_directory, location);
    open(location, key, location, as_constraints_);
    while (!stack_.empty()) {
      if (stack_.back()->next < stack_.back()->content.lines.size())
        read_line(*stack_.back(), stack_.back()->content.lines[stack_.back()->next++]);
      else
        close();
    }
    if (first_error_) {
      for (Error& refusal : out_.refusals) report(std::move(refusal));
      error_count_ += refusal_count_ - out_.refusals.size();
      if (error_count_ > kErrorsMax) first_error_->also.push_back(too_many_errors(error_count_));
      return fail(std::move(*first_error_));
    }
    if (refusal_count_ > kErrorsMax) out_.refusals.push_back(too_many_errors(refusal_count_));
    finish_options();
    return std::move(out_);
  }

 private:
  // ---- files ----

  void open(const std::string& location, const std::string& key, const std::string& peep_file, bool constraint) {
    if (out_of_room_) return;  // said once
    if (++files_opened_ > kFilesMax || stack_.size() >= kDepthMax) {
      if (!too_many_files_) {
        report(blamed(make_error(kRequirementsFileCycle, fmt::format("`{}` is one include too many", mask_credentials(location))), location)
                   .hint(fmt::format("at most {} files, nested at most {} deep, are read", kFilesMax, kDepthMax)));
      }
      too_many_files_ = true;
      return;
    }
    auto text = load(location, constraint);
    if (!text) return report(std::move(text.error()));
    auto frame = std::make_unique<Frame>();
    frame->location = location;
    frame->key = key;
    frame->peep_file = peep_file;
    frame->constraint = constraint;
    frame->content = split_requirements_text(*text, context_.variable, room_for_variables_);
    out_of_room_ = frame->content.overflow_number > 0;
    if (out_of_room_) return report(overflow_error(location, frame->content.overflow_number, kExpandedTotalMax));
    note_strays(*frame, frame->content.unbound_hash_numbers);
    for (const int number : frame->content.near_hash_numbers)
      warn("near-hash-line", "this comment looks like a hash line but is none (write `# sha256: HASH`)", line_place(location, number));
    stack_.push_back(std::move(frame));
  }

  void close() {
    const Frame& frame = *stack_.back();
    if (frame.has_requirement && frame.all_have_peep_hashes) out_.every_requirement_has_peep_hash = true;
    stack_.pop_back();
  }

  Result<std::string> load(const std::string& location, bool constraint) {
    auto file = context_.load(location);
    if (!file) return fail(unopened(std::move(file.error()), location, constraint));
    if (file->bytes.size() > kFileSizeMax) return fail(unreadable_file(location, fmt::format("it is larger than {}", format_size(kFileSizeMax))));
    if (has_url_scheme(location)) return checked_text(decode_response(file->bytes, file->charset), location);
    auto decoded = decode_local_file(file->bytes, context_.locale_encoding);
    if (!decoded) {
      Error error = unreadable_file(location, decoded.error().message);
      error.hints = decoded.error().hints;
      return fail(std::move(error));
    }
    if (decoded->used_locale) warn_about_locale(location);
    return checked_text(std::move(decoded->text), location);
  }

  // An error that names the line which includes the file, if one does.
  Error blamed(Error error, const std::string& location) const {
    if (stack_.empty()) return error;
    const Frame& parent = *stack_.back();
    return include_error(std::move(error), location, parent.location, parent.content.lines[parent.next - 1]);
  }

  // pip's words around the system's reason; what the network says speaks for itself.
  Error unopened(Error error, const std::string& location, bool constraint) const {
    if (error.os_errno == 0 || is_remote(location)) return blamed(std::move(error).while_("reading " + mask_credentials(location)), location);
    Error out = make_pip_error(kRequirementsFileUnreadable,
                               fmt::format("Could not open {} file: [Errno {}] {}: {}", constraint ? "constraint" : "requirements",
                                           error.os_errno, std::strerror(error.os_errno), python_repr(location)));
    out.os_errno = error.os_errno;
    return blamed(std::move(out), location);
  }

  static Result<std::string> checked_text(std::string text, const std::string& location) {
    if (const std::size_t nul = text.find('\0'); nul != std::string::npos) return fail(nul_byte_error(location, text, nul));
    return text;
  }

  void warn_about_locale(const std::string& location) {
    warn("", fmt::format("unable to decode data from {0} with default encoding utf-8, falling back to encoding from locale: {1}. If this is "
                         "intentional you should specify the encoding with a PEP-263 style comment, e.g. '# -*- coding: {1} -*-'",
                         location, context_.locale_encoding), {});
  }

  // ---- lines ----

  void read_line(Frame& frame, const LogicalLine& line) {
    const BrokenLine broken = break_line(line.text);
    LineOptions options;
    if (const auto failure = parse_line_options(broken.options, context_.program, sets_, options))
      return report(option_error(*failure, frame.location, line));
    const bool editable = !options.editables.empty();
    if (!broken.requirement.empty() || editable) {
      const std::string text = broken.requirement.empty() ? options.editables.front() : std::string(broken.requirement);
      return read_requirement(frame, line, text, editable, std::move(options));
    }
    note_strays(frame, line.peep_hash_numbers);
    note_lost_words(frame, line, words_lost_by_option_line(options));
    note_hidden_start(frame, line);
    if (!options.requirements.empty() || !options.constraints.empty()) return include(frame, line, options);
    apply(frame, line, options);
  }

  void read_requirement(Frame& frame, const LogicalLine& line, const std::string& text, bool editable, LineOptions options) {
    RequirementLine out;
    out.text = text;
    out.editable = editable;
    out.constraint = frame.constraint;
    out.user_supplied = !as_constraints_;
    out.origin = {frame.location, line.number, frame.constraint, frame.peep_file};
    const std::string source = fmt::format("line {} of {}", line.number, frame.location);
    if (auto status = parse_requirement_form(text, editable, source, context_, out); !status)
      return report(requirement_error(std::move(status.error()), frame.location, line, text));
    out.lost_words = words_lost_by_requirement(options, editable, text);
    if (!editable) {
      out.hashes = std::move(options.hashes);
      out.hashes_as_typed = std::move(options.hashes_as_typed);
    }
    out.config_settings = std::move(options.config_settings);
    out.peep_hashes = line.peep_hashes;
    if (!frame.constraint) {
      frame.has_requirement = true;
      frame.all_have_peep_hashes = frame.all_have_peep_hashes && !line.peep_hashes.empty();
    }
    note_lost_words(frame, line, out.lost_words);
    note_hidden_start(frame, line);
    if (const std::string_view why = constraint_problem(out); !why.empty()) refuse([&] { return constraint_error(why, frame.location, line, text); });
    if (out.path.starts_with('-') || (editable && text.starts_with('-'))) refuse([&] { return dash_path_error(text, frame.location, line); });
    out_.lines.push_back(std::move(out));
  }

  // What pip demands of constraints. (Editable ones do not parse.)
  static std::string_view constraint_problem(const RequirementLine& line) {
    if (!line.constraint) return {};
    if (!line.requirement) return "Unnamed requirements are not allowed as constraints";
    return line.requirement->extras.empty() && line.extras.empty() ? "" : "Constraints cannot have extras";
  }

  void include(const Frame& frame, const LogicalLine& line, const LineOptions& options) {
    const bool constraint = options.requirements.empty();
    const std::string& written = constraint ? options.constraints.front() : options.requirements.front();
    std::string location = written;
    if (has_url_scheme(frame.location)) {
      auto joined = join_url(frame.location, written);
      if (!joined) return report(include_error(std::move(joined.error()), written, frame.location, line));
      location = std::move(*joined);
    } else if (!has_url_scheme(written)) {
      location = absolute_path(context_.current_directory, join_path(directory_of(frame.location), written));
    }
    if (auto error = cycle_error(location, frame)) return report(include_error(std::move(*error), location, frame.location, line));
    const std::string peep_file = has_url_scheme(location) ? location : join_path(directory_of(frame.peep_file), written);
    open(location, location, peep_file, constraint);
  }

  static Result<std::string> join_url(const std::string& base, const std::string& reference) {
    PIPIT_TRY(const Url parsed, Url::parse(base));
    PIPIT_TRY(const Url joined, parsed.join(reference));
    return joined.str();
  }

  std::optional<Error> cycle_error(const std::string& location, const Frame& frame) const {
    const auto same = std::find_if(stack_.begin(), stack_.end(), [&](const auto& other) { return other->key == location; });
    if (same == stack_.end()) return std::nullopt;
    std::string message = fmt::format("{} recursively references itself in {}", mask_credentials(location), mask_credentials(frame.location));
    if (same != stack_.begin()) message += " and again in " + mask_credentials((*std::prev(same))->location);
    return make_pip_error(kRequirementsFileCycle, std::move(message)).hint("remove one of the includes");
  }

  // ---- options ----

  void apply(const Frame& frame, const LogicalLine& line, const LineOptions& options) {
    if (!options.hashes.empty()) {
      warn("", fmt::format("{} line {} has --hash but no requirement, and will be ignored.", mask_credentials(frame.location), line.number), {});
    }
    FileOptions& out = out_.options;
    out.require_hashes = out.require_hashes || options.require_hashes;
    out.no_require_hashes = out.no_require_hashes || options.no_require_hashes;
    for (const std::string& feature : options.use_features)
      if (std::find(out.use_features.begin(), out.use_features.end(), feature) == out.use_features.end()) out.use_features.push_back(feature);
    if (options.pre) sets_.all_releases.insert(":all:");
    out.prefer_binary = out.prefer_binary || options.prefer_binary;
    if (is_remote(frame.location)) return warn_about_remote_options(frame, line, options);
    apply_indexes(frame, options);
    for (const std::string& host : options.trusted_hosts) trust(frame, line, host);
  }

  void apply_indexes(const Frame& frame, const LineOptions& options) {
    FileOptions& out = out_.options;
    if (options.no_index) {
      out.no_index = true;
      out.index_urls.clear();
    }
    if (options.index_url && !options.index_url->empty() && !out.no_index) {
      out.index_urls = {*options.index_url};
      out.index_url_set = true;
    }
    if (!out.no_index) out.index_urls.insert(out.index_urls.end(), options.extra_index_urls.begin(), options.extra_index_urls.end());
    if (options.find_links.empty()) return;
    std::string value = options.find_links.front();
    if (!has_url_scheme(frame.location)) {
      const std::string directory = directory_of(absolute_path(context_.current_directory, frame.location));
      const std::string beside = join_path(directory, value);
      if (context_.path_exists && context_.path_exists(beside)) value = beside;
    }
    out.find_links.push_back(std::move(value));
  }

  void trust(const Frame& frame, const LogicalLine& line, const std::string& host) {
    if (trusted_.insert(host).second) out_.options.trusted_hosts.push_back(host);
    if (context_.diagnostics) {
      context_.diagnostics->info(
          fmt::format("adding trusted host: {} (from line {} of {})", python_repr(host), line.number, mask_credentials(frame.location)));
    }
  }

  // A file that comes over the network must not say where packages come from.
  void warn_about_remote_options(const Frame& frame, const LogicalLine& line, const LineOptions& options) {
    if (options.no_index) {
      out_.options.no_index = true;
      out_.options.index_urls.clear();
    }
    for (const std::string& seen : options.seen) {
      if (!names_source(seen)) continue;
      warn("remote-index-option", fmt::format("`{}` in a requirements file from the network is ignored", mask_credentials(seen)),
           line_place(frame.location, line.number));
    }
  }

  void finish_options() {
    FileOptions& out = out_.options;
    out.no_binary = {sets_.no_binary.begin(), sets_.no_binary.end()};
    out.only_binary = {sets_.only_binary.begin(), sets_.only_binary.end()};
    out.all_releases = {sets_.all_releases.begin(), sets_.all_releases.end()};
    out.only_final = {sets_.only_final.begin(), sets_.only_final.end()};
    out.pre = sets_.all_releases.contains(":all:");
  }

  // ---- what is worth saying ----

  void note_lost_words(const Frame& frame, const LogicalLine& line, const std::vector<std::string>& lost) {
    if (!lost.empty()) refuse([&] { return lost_words_error(lost, frame.location, line); });
  }

  void note_hidden_start(const Frame& frame, const LogicalLine& line) {
    if (line.hidden_start) refuse([&] { return hidden_start_error(frame.location, line); });
  }

  void note_strays(const Frame& frame, const std::vector<int>& numbers) {
    for (const int number : numbers) out_.peep_hash_strays.push_back(line_place(frame.location, number));
  }

  void warn(std::string id, std::string message, std::string where) {
    if (context_.diagnostics) context_.diagnostics->warn(std::move(id), std::move(message), std::move(where));
  }

  // ---- errors ----

  void report(Error error) {
    ++error_count_;
    if (!first_error_)
      first_error_ = std::move(error);
    else if (error_count_ <= kErrorsMax)
      first_error_->also.push_back(std::move(error));
  }

  // A line that pip reads by half. `make` is asked only while there is room for what it says.
  template <class Make>
  void refuse(const Make& make) {
    if (refusal_count_++ < kErrorsMax) out_.refusals.push_back(make());
  }

  static Error too_many_errors(std::size_t count) {
    return make_error(kInvalidRequirementsLine, fmt::format("and {} further bad lines", count - kErrorsMax));
  }

  const RequirementsParseContext& context_;
  const bool as_constraints_;
  NameSets sets_;
  std::unordered_set<std::string> trusted_;
  RequirementsFile out_;
  std::size_t refusal_count_ = 0;
  std::vector<std::unique_ptr<Frame>> stack_;
  std::size_t files_opened_ = 0;
  std::size_t room_for_variables_ = kExpandedTotalMax;
  bool out_of_room_ = false;
  bool too_many_files_ = false;
  std::optional<Error> first_error_;
  std::size_t error_count_ = 0;
};

}  // namespace

std::string Origin::str() const {
  if (file.empty() || line == 0) return {};  // a group or a script has no lines
  return fmt::format("{} {} (line {})", constraint ? "-c" : "-r", mask_credentials(file), line);
}

Result<RequirementsFile> parse_requirements_file(const std::string& location, bool as_constraints, FileOptions options,
                                                 const RequirementsParseContext& context) {
  return FileParser(std::move(options), as_constraints, context).parse(location);
}

}  // namespace pipit::packaging
