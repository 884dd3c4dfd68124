#include "install/arrangement.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "install/owners.h"
#include "install/protected.h"
#include "pipit/base/text.h"
#include "pipit/packaging/name.h"
#include "pipit/verify/digest.h"

namespace pipit::install {
namespace {

using Kind = Ground::Kind;

constexpr std::uint64_t kComparedMax = 256u << 20;  // an existing file above this is taken to be different

// A unit: what one rename will put in place.
struct Unit {
  Spot spot;
  bool takes_old = false;
  bool puts_new = false;
  bool has_dist_info = false;
};

constexpr std::size_t kNoUnit = static_cast<std::size_t>(-1);  // it cannot be installed: a problem was reported

struct Placed {
  std::size_t addition, file;
  const wheel::ManifestFile* source;
  Spot spot;
  std::size_t unit = kNoUnit;
  bool dropped = false;   // a later addition writes the same path
};

bool is_dist_info(std::string_view path) { return path.ends_with(".dist-info"); }

class Arranger {
 public:
  Arranger(const ArrangementInput& input, Ground& ground, Diagnostics& diagnostics)
      : input_(input), ground_(ground), diagnostics_(diagnostics), owners_(input.options.staying, input.layout) {}

  Result<Arrangement> run() {
    PIPIT_CHECK(collect_removals());
    PIPIT_TRY(const std::vector<Spot> takes, ground_.takes());
    place_additions();
    find_double_writers();
    PIPIT_CHECK(find_units());
    find_files_under_files();
    if (!problems_.empty()) return fail(all_problems());
    for (const Spot& spot : takes) unit_at(spot).takes_old = true;
    order_and_number();
    return std::move(out_);
  }

 private:
  Error all_problems() {
    Error first = std::move(problems_.front());
    for (std::size_t i = 1; i < problems_.size(); ++i) first.also.push_back(std::move(problems_[i]));
    return first;
  }

  std::string title(std::size_t addition) const {
    if (addition == kRewrite) return "pipit";
    return input_.additions[addition].image.name + " " + input_.additions[addition].image.version;
  }
  const wheel::ImageFile& image_file(const Placed& placed) const {
    return placed.addition == kRewrite ? out_.rewrites[placed.file] : input_.additions[placed.addition].image.files[placed.file];
  }
  bool is_allowed(const std::string& name) const {
    const auto& allowed = input_.options.allow_overlap;
    return std::find(allowed.begin(), allowed.end(), packaging::normalize_name(name)) != allowed.end();
  }

  Status collect_removals() {
    for (const RemovalSet& removal : input_.removals) {
      for (const std::string& file : removal.files) {
        PIPIT_TRY(const Spot spot, input_.layout.locate(file));
        ground_.remove(spot);
      }
      for (const auto& [path, content] : removal.rewrites) {
        PIPIT_TRY(Spot spot, input_.layout.locate(path));
        wheel::ImageFile file;
        file.path = path;
        file.content = content;
        file.size = content.size();
        out_.rewrites.push_back(std::move(file));
        placed_.push_back({kRewrite, out_.rewrites.size() - 1, nullptr, std::move(spot)});
      }
    }
    return ok();
  }

  void place_additions() {
    std::size_t count = placed_.size();
    for (const Addition& addition : input_.additions) count += addition.image.files.size();
    placed_.reserve(count);
    for (std::size_t a = 0; a < input_.additions.size(); ++a) {
      const Addition& addition = input_.additions[a];
      for (std::size_t f = 0; f < addition.image.files.size(); ++f) place(a, f);
    }
  }

  void place(std::size_t addition, std::size_t index) {
    const wheel::ImageFile& file = input_.additions[addition].image.files[index];
    auto spot = input_.layout.locate(file.path);
    if (!spot) {
      problems_.push_back(std::move(spot).error().while_("installing " + title(addition)));
      return;
    }
    if (is_protected(file.path, input_.target.root.native(), input_.target.scheme, input_.target.interpreter)) {
      problems_.push_back(make_error(kProtectedFile, title(addition) + " would overwrite `" + file.path + "`, which belongs to the environment itself")
                              .at(file.path));
      return;
    }
    if (is_foreign_metadata(addition, *spot)) {
      problems_.push_back(make_error(kForeignMetadata, title(addition) + " would write `" + file.path + "`, the metadata of another package").at(file.path));
      return;
    }
    placed_.push_back({addition, index, file.source, std::move(*spot)});
  }

  bool is_foreign_metadata(std::size_t addition, const Spot& spot) const {
    const std::string_view directory = input_.layout.metadata_directory(spot);
    const std::string& own = input_.additions[addition].image.dist_info;
    return !directory.empty() && directory != std::string_view(own).substr(own.rfind('/') + 1);
  }

  bool have_equal_bytes(const Placed& a, const Placed& b) const {
    if (a.source != nullptr && b.source != nullptr)
      return !a.source->record_hash.empty() && a.source->record_hash == b.source->record_hash && a.source->size == b.source->size;
    return a.source == nullptr && b.source == nullptr && image_file(a).content == image_file(b).content;
  }

  // The later one wins where it is permitted, as with pip.
  void find_double_writers() {
    by_spot_.resize(input_.layout.anchors().size());
    by_spot_[0].reserve(placed_.size());
    for (Placed& placed : placed_) {
      auto& here = by_spot_[placed.spot.anchor];
      const auto [entry, is_first] = here.try_emplace(placed.spot.path, &placed);
      if (is_first) continue;
      judge_double(*entry->second, placed);
      entry->second->dropped = true;
      entry->second = &placed;
    }
  }

  void judge_double(const Placed& first, const Placed& second) {
    const std::string path = input_.layout.shown(first.spot);
    const std::string both = title(first.addition) + " and " + title(second.addition);
    if (have_equal_bytes(first, second)) {
      diagnostics_.info(both + " both bring `" + path + "`, with equal content");
      return;
    }
    if (is_allowed(title_name(first)) || is_allowed(title_name(second))) {
      diagnostics_.warn("overlap", both + " both write `" + path + "`; the latter's is installed (allowed)");
      return;
    }
    problems_.push_back(make_error(kOverlap, both + " would both write `" + path + "`, with different content")
                            .at(path)
                            .hint("to permit it: --allow overlap:" + packaging::normalize_name(title_name(second))));
  }
  std::string title_name(const Placed& placed) const {
    return placed.addition == kRewrite ? std::string() : input_.additions[placed.addition].image.name;
  }

  // Walks from the anchor down to the first component that will not be a directory: that is the unit. A file beside the
  // one before it, in a directory that is new, has the same.
  Status find_units() {
    const Placed* before = nullptr;
    for (Placed& placed : placed_) {
      if (placed.dropped) continue;
      if (before != nullptr && are_siblings(*before, placed)) {
        placed.unit = before->unit;
        continue;
      }
      PIPIT_CHECK(find_unit(placed));
      before = rest_of(placed).empty() ? nullptr : &placed;
    }
    return ok();
  }
  // Below its unit, with its slash; empty if the unit is the file.
  std::string_view rest_of(const Placed& placed) const {
    return placed.unit == kNoUnit ? std::string_view() : std::string_view(placed.spot.path).substr(units_[placed.unit].spot.path.size());
  }
  static bool are_siblings(const Placed& a, const Placed& b) {
    const std::size_t slash = a.spot.path.rfind('/');
    return a.spot.anchor == b.spot.anchor && b.spot.path.rfind('/') == slash && a.spot.path.compare(0, slash, b.spot.path, 0, slash) == 0;
  }

  Status find_unit(Placed& placed) {
    const std::string& path = placed.spot.path;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string parent = path.substr(0, slash);
      PIPIT_TRY(const Kind kind, ground_.at(placed.spot.anchor, parent));
      if (kind == Kind::directory) continue;
      if (kind == Kind::other || (kind == Kind::link && !input_.layout.is_in_site(placed.spot.anchor, parent))) {
        report_in_the_way(placed, {placed.spot.anchor, parent}, kind);
        return ok();
      }
      attach(placed, {placed.spot.anchor, parent}, kind == Kind::link);
      return ok();
    }
    PIPIT_TRY(const Kind kind, ground_.at(placed.spot.anchor, path));
    if (kind == Kind::directory) {
      report_in_the_way(placed, placed.spot, kind);
      return ok();
    }
    if (kind != Kind::missing) PIPIT_CHECK(judge_existing(placed));
    attach(placed, placed.spot, kind != Kind::missing);
    return ok();
  }

  // One report for each thing in the way, however many files it keeps out.
  void report_in_the_way(const Placed& placed, const Spot& spot, Kind kind) {
    const std::string shown = input_.layout.shown(spot);
    if (!reported_.insert(shown).second) return;
    const char* what = kind == Kind::directory ? "a directory" : kind == Kind::link ? "a link" : "a file";
    problems_.push_back(make_error(kInTheWay, title(placed.addition) + " cannot be installed because " + what + " is in the way: `" + shown + "`").at(shown));
  }

  void attach(Placed& placed, Spot spot, bool takes_old) {
    Unit& unit = unit_at(spot);
    placed.unit = static_cast<std::size_t>(&unit - units_.data());
    unit.puts_new = true;
    unit.takes_old = unit.takes_old || takes_old;
    if (takes_old && !rest_of(placed).empty() && reported_.insert(input_.layout.shown(unit.spot)).second)
      diagnostics_.warn("link-replaced", "`" + input_.layout.shown(unit.spot) + "` is a link; it is replaced, what it points to is left alone");
    if (placed.addition != kRewrite) unit.has_dist_info = unit.has_dist_info || is_dist_info(unit.spot.path) || holds_dist_info(placed);
  }
  bool holds_dist_info(const Placed& placed) const { return rest_of(placed).find(".dist-info/") != std::string_view::npos; }

  Unit& unit_at(const Spot& spot) {
    const auto [entry, is_new] = unit_index_.try_emplace(spot, units_.size());
    if (is_new) units_.push_back({spot, false, false, false});
    return units_[entry->second];
  }

  // A file stands where one will be put, and no removal of this run takes it away.
  Status judge_existing(const Placed& placed) {
    if (placed.addition == kRewrite || input_.additions[placed.addition].is_byte_code) return ok();
    const std::string& path = image_file(placed).path;
    const python::InstalledDist* owner = owners_.of(placed.spot);
    const std::string name = title_name(placed);
    if (owner == nullptr || owner->normalized_name == packaging::normalize_name(name)) return ok();  // as pip: overwritten
    PIPIT_TRY(const bool equal, stands_there_already(placed));
    const std::string both = title(placed.addition) + " and the installed " + owner->name + " " + owner->version_text;
    if (equal) {
      diagnostics_.info(both + " both bring `" + path + "`, with equal content");
      return ok();
    }
    if (is_allowed(name) || is_allowed(owner->name)) {
      diagnostics_.warn("overlap", title(placed.addition) + " overwrites `" + path + "` of " + owner->name + " (allowed)");
      return ok();
    }
    problems_.push_back(make_error(kOverlap, title(placed.addition) + " would overwrite `" + path + "`, which belongs to " + owner->name + " " + owner->version_text)
                            .at(path)
                            .hint("to permit it: --allow overlap:" + packaging::normalize_name(name)));
    return ok();
  }

  Result<bool> stands_there_already(const Placed& placed) {
    const auto existing = ground_.anchor(placed.spot.anchor).read_file(placed.spot.path, kComparedMax);
    if (!existing) return false;
    if (placed.source == nullptr) return *existing == image_file(placed).content;
    return verify::record_hash(verify::sha256(as_bytes_view(*existing))) == placed.source->record_hash;
  }

  // One addition's file where another wants a directory.
  void find_files_under_files() {
    std::vector<std::unordered_set<std::string_view>> looked_at(by_spot_.size());
    const Placed* before = nullptr;
    for (const Placed& placed : placed_) {
      if (placed.dropped) continue;
      const std::string& path = placed.spot.path;
      if (before != nullptr && are_siblings(*before, placed)) continue;
      before = &placed;
      for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
        const std::string_view parent = std::string_view(path).substr(0, slash);
        if (!looked_at[placed.spot.anchor].insert(parent).second) break;
        const auto file = by_spot_[placed.spot.anchor].find(parent);
        if (file == by_spot_[placed.spot.anchor].end()) continue;
        problems_.push_back(make_error(kOverlap, title(file->second->addition) + " has a file where " + title(placed.addition) + " needs a directory: `" +
                                                     input_.layout.shown({placed.spot.anchor, std::string(parent)}) + "`"));
      }
    }
  }

  // Old metadata goes first and the new comes last, so that at no moment a distribution looks installed and is not.
  static int rank(const Unit& unit) {
    if (!unit.puts_new) return is_dist_info(unit.spot.path) ? 0 : 1;
    return unit.has_dist_info ? 3 : 2;
  }

  void order_and_number() {
    std::vector<std::size_t> order(units_.size()), number(units_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return rank(units_[a]) < rank(units_[b]); });
    out_.journal.anchors = input_.layout.anchors();
    out_.journal.anchors[0].clear();
    out_.files.reserve(placed_.size() + 1);
    out_.journal.moves.reserve(order.size() + 1);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Unit& unit = units_[order[i]];
      number[order[i]] = i;
      out_.journal.moves.push_back({unit.spot.anchor, unit.spot.path, unit.takes_old, unit.puts_new});
    }
    for (const Placed& placed : placed_)
      if (!placed.dropped) stage_as(placed, std::to_string(number[placed.unit]).append(rest_of(placed)));
  }

  void stage_as(const Placed& placed, std::string path) {
    const std::size_t end = path.rfind('/');
    if (end != std::string::npos && std::string_view(path).substr(0, end) != last_directory_) {
      last_directory_.assign(path, 0, end);
      add_directory(last_directory_);
    }
    out_.files.push_back({placed.addition, placed.file, placed.source, std::move(path)});
  }

  void add_directory(const std::string& path) {
    std::vector<std::string> missing;
    for (std::string at = path; directories_.insert(at).second;) {
      missing.push_back(at);
      const std::size_t slash = at.rfind('/');
      if (slash == std::string::npos) break;
      at.resize(slash);
    }
    for (auto it = missing.rbegin(); it != missing.rend(); ++it) out_.directories.push_back({std::move(*it), out_.files.size()});
  }

  const ArrangementInput& input_;
  Ground& ground_;
  Diagnostics& diagnostics_;
  Owners owners_;
  Arrangement out_;
  std::vector<Placed> placed_;
  std::vector<std::unordered_map<std::string_view, Placed*>> by_spot_;
  std::vector<Unit> units_;
  std::map<Spot, std::size_t> unit_index_;
  std::unordered_set<std::string> directories_, reported_;
  std::string last_directory_;
  std::vector<Error> problems_;
};

}  // namespace

Result<Arrangement> arrange(const ArrangementInput& input, Ground& ground, Diagnostics& diagnostics) {
  return Arranger(input, ground, diagnostics).run();
}

}  // namespace pipit::install
