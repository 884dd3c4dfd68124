#include "install/arrangement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <unordered_set>

#include "install/owners.h"
#include "install/protected.h"
#include "install/spot_table.h"
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

constexpr std::uint32_t kNoUnit = static_cast<std::uint32_t>(-1);  // it cannot be installed: a problem was reported

struct Placed {
  std::uint32_t addition, file;      // as in StagedFile
  std::uint32_t anchor;
  std::string_view directory, rest;  // its path below the anchor: what its neighbours share, and its own
  bool is_metadata = false;          // in a *.dist-info of site-packages
  bool dropped = false;              // a later addition writes the same path
  std::uint32_t unit = kNoUnit;

  Spot spot() const {
    Spot spot{anchor, {}};
    append_joined(spot.path, directory, rest);
    return spot;
  }
};

// What all files below one directory of an image have in common.
struct Neighbourhood {
  std::string_view image_directory;  // as the image spells it
  Layout::Region region;
  std::string_view directory;        // of Placed
  bool holds_nothing_protected = false;
};

bool is_dist_info(std::string_view path) { return path.ends_with(".dist-info"); }

bool begins_with_directory(std::string_view path, std::string_view directory) {
  return directory.empty() || (path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'));
}

class Arranger {
 public:
  Arranger(const ArrangementInput& input, Ground& ground, Diagnostics& diagnostics)
      : input_(input), ground_(ground), diagnostics_(diagnostics), owners_(input.options.staying, input.layout) {}

  Result<Arrangement> run() {
    PIPIT_CHECK(collect_removals());
    PIPIT_TRY(const std::vector<Spot> takes, ground_.takes());
    place_additions();
    by_spot_.emplace(placed_.size());
    find_double_writers();
    PIPIT_CHECK(find_units());
    find_directories();
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

  std::string title(std::uint32_t addition) const {
    if (addition == kRewrite) return "pipit";
    return input_.additions[addition].image.name + " " + input_.additions[addition].image.version;
  }
  // REQUIRES: not a rewrite.
  const wheel::ImageFile& image_file(const Placed& placed) const { return input_.additions[placed.addition].image.files[placed.file]; }
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
        PIPIT_TRY(const Spot spot, input_.layout.locate(path));
        out_.rewrites.push_back(content);
        placed_.push_back(alone(kRewrite, out_.rewrites.size() - 1, spot));
      }
    }
    return ok();
  }

  // A file that shares nothing with its neighbours.
  Placed alone(std::uint32_t addition, std::size_t file, const Spot& spot) {
    return {addition, static_cast<std::uint32_t>(file), static_cast<std::uint32_t>(spot.anchor), {}, out_.texts.keep(spot.path)};
  }

  void place_additions() {
    std::size_t count = placed_.size();
    for (const Addition& addition : input_.additions) count += addition.image.files.size();
    placed_.reserve(count);
    for (std::uint32_t a = 0; a < input_.additions.size(); ++a) {
      const std::vector<wheel::ImageFile>& files = input_.additions[a].image.files;
      const Neighbourhood* here = nullptr;
      for (std::size_t f = 0; f < files.size(); ++f) {
        if (here == nullptr || here->image_directory != files[f].directory) here = neighbourhood_of(files[f].directory);
        place(a, f, here);
      }
    }
  }

  // Null where every file has to be asked for itself.
  const Neighbourhood* neighbourhood_of(std::string_view directory) {
    for (const Neighbourhood& known : neighbourhoods_)
      if (known.image_directory == directory) return &known;
    auto region = input_.layout.region(directory);
    if (!region) return nullptr;
    const std::string_view shared = out_.texts.keep(region->spot.path);
    neighbourhoods_.push_back({directory, std::move(*region), shared, nothing_is_protected_in(directory, input_.target.root.native(), input_.target.scheme)});
    return &neighbourhoods_.back();
  }

  void place(std::uint32_t addition, std::size_t index, const Neighbourhood* here) {
    const wheel::ImageFile& file = input_.additions[addition].image.files[index];
    if (here == nullptr || !here->region.covers(file.rest)) {
      auto spot = input_.layout.locate(file.path());
      if (!spot) {
        problems_.push_back(std::move(spot).error().while_("installing " + title(addition)));
        return;
      }
      add_if_allowed(alone(addition, index, *spot), false, input_.layout.metadata_directory(*spot));
      return;
    }
    const Placed placed{addition, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(here->region.spot.anchor), here->directory, file.rest};
    if (here->region.is_site) add_if_allowed(placed, here->holds_nothing_protected, Layout::metadata_directory_in_site(file.rest));
    else add_if_allowed(placed, here->holds_nothing_protected, input_.layout.metadata_directory(placed.spot()));
  }

  // metadata_directory: whose metadata it would be, "" if it is none.
  void add_if_allowed(Placed placed, bool is_safe_place, std::string_view metadata_directory) {
    const std::string_view own = input_.additions[placed.addition].image.dist_info;
    placed.is_metadata = !metadata_directory.empty();
    if (!is_safe_place && is_protected(image_file(placed).path(), input_.target.root.native(), input_.target.scheme, input_.target.interpreter))
      return refuse(placed, kProtectedFile, "would overwrite", "which belongs to the environment itself");
    if (placed.is_metadata && metadata_directory != own.substr(own.rfind('/') + 1))
      return refuse(placed, kForeignMetadata, "would write", "the metadata of another package");
    placed_.push_back(placed);
  }
  void refuse(const Placed& placed, ErrorCode code, std::string_view does, std::string_view what) {
    const std::string path = image_file(placed).path();
    problems_.push_back(make_error(code, title(placed.addition).append(" ").append(does).append(" `").append(path).append("`, ").append(what)).at(path));
  }

  bool have_equal_bytes(const Placed& a, const Placed& b) const {
    if (a.addition == kRewrite || b.addition == kRewrite) return a.addition == b.addition && out_.rewrites[a.file] == out_.rewrites[b.file];
    const wheel::ImageFile &one = image_file(a), &other = image_file(b);
    if (one.source != nullptr && other.source != nullptr)
      return !one.source->record_hash.empty() && one.source->record_hash == other.source->record_hash && one.source->size == other.source->size;
    return one.source == nullptr && other.source == nullptr && one.content == other.content;
  }

  // The later one wins where it is permitted, as with pip.
  void find_double_writers() {
    for (std::uint32_t i = 0; i < placed_.size(); ++i) {
      std::uint32_t& known = number_at(placed_[i].anchor, placed_[i].directory, placed_[i].rest);
      const std::uint32_t first = std::exchange(known, i);
      if (first == SpotTable::kEmpty) continue;
      judge_double(placed_[first], placed_[i]);
      placed_[first].dropped = true;
    }
  }

  // Which file goes to this path.
  std::uint32_t& number_at(std::size_t anchor, std::string_view directory, std::string_view rest) {
    path_.clear();
    append_joined(path_, directory, rest);
    return by_spot_->find(SpotTable::hash(anchor, path_), [&](std::uint32_t number) {
      const Placed& other = placed_[number];
      if (other.anchor != anchor) return false;
      if (other.directory == directory) return other.rest == rest;
      return other.spot().path == path_;
    });
  }

  void judge_double(const Placed& first, const Placed& second) {
    const std::string path = input_.layout.shown(first.spot());
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

  // Walks from the anchor down to the first component that will not be a directory: that is the unit. What lies in a new
  // directory, as the one before it does, has the same.
  Status find_units() {
    const Placed* before = nullptr;
    for (Placed& placed : placed_) {
      if (placed.dropped) continue;
      if (before != nullptr && lies_in_unit(placed, before->unit)) {
        placed.unit = before->unit;
        units_[placed.unit].has_dist_info = units_[placed.unit].has_dist_info || placed.is_metadata;
        continue;
      }
      PIPIT_CHECK(find_unit(placed));
      before = placed.unit == kNoUnit || is_unit(placed) ? nullptr : &placed;
    }
    return ok();
  }
  static std::size_t path_size(const Placed& placed) { return placed.directory.size() + (placed.directory.empty() ? 0 : 1) + placed.rest.size(); }
  bool is_unit(const Placed& placed) const { return units_[placed.unit].spot.path.size() == path_size(placed); }
  bool lies_in_unit(const Placed& placed, std::uint32_t number) const {
    const Spot& unit = units_[number].spot;
    if (unit.anchor != placed.anchor) return false;
    if (unit.path.size() <= placed.directory.size()) return begins_with_directory(placed.directory, unit.path);
    if (!begins_with_directory(unit.path, placed.directory)) return false;
    const std::string_view below = std::string_view(unit.path).substr(placed.directory.empty() ? 0 : placed.directory.size() + 1);
    return placed.rest.size() > below.size() && begins_with_directory(placed.rest, below);
  }

  Status find_unit(Placed& placed) {
    const Spot spot = placed.spot();
    const std::string& path = spot.path;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string parent = path.substr(0, slash);
      PIPIT_TRY(const Kind kind, ground_.at(placed.anchor, parent));
      if (kind == Kind::directory) continue;
      if (kind == Kind::other || (kind == Kind::link && !input_.layout.is_in_site(placed.anchor, parent))) {
        report_in_the_way(placed, {placed.anchor, parent}, kind);
        return ok();
      }
      attach(placed, {placed.anchor, parent}, kind == Kind::link);
      return ok();
    }
    PIPIT_TRY(const Kind kind, ground_.at(placed.anchor, path));
    if (kind == Kind::directory) {
      report_in_the_way(placed, spot, kind);
      return ok();
    }
    if (kind != Kind::missing) PIPIT_CHECK(judge_existing(placed));
    attach(placed, spot, kind != Kind::missing);
    return ok();
  }

  // One report for each thing in the way, however many files it keeps out.
  void report_in_the_way(const Placed& placed, const Spot& spot, Kind kind) {
    const std::string shown = input_.layout.shown(spot);
    if (!reported_.insert(shown).second) return;
    const char* what = kind == Kind::directory ? "a directory" : kind == Kind::link ? "a link" : "a file";
    problems_.push_back(make_error(kInTheWay, title(placed.addition) + " cannot be installed because " + what + " is in the way: `" + shown + "`").at(shown));
  }

  void attach(Placed& placed, const Spot& spot, bool takes_old) {
    Unit& unit = unit_at(spot);
    placed.unit = static_cast<std::uint32_t>(&unit - units_.data());
    unit.puts_new = true;
    unit.takes_old = unit.takes_old || takes_old;
    if (takes_old && !is_unit(placed) && reported_.insert(input_.layout.shown(unit.spot)).second)
      diagnostics_.warn("link-replaced", "`" + input_.layout.shown(unit.spot) + "` is a link; it is replaced, what it points to is left alone");
    unit.has_dist_info = unit.has_dist_info || placed.is_metadata;
  }

  Unit& unit_at(const Spot& spot) {
    const auto [entry, is_new] = unit_index_.try_emplace(spot, units_.size());
    if (is_new) units_.push_back({spot, false, false, false});
    return units_[entry->second];
  }

  // A file stands where one will be put, and no removal of this run takes it away.
  Status judge_existing(const Placed& placed) {
    if (placed.addition == kRewrite || input_.additions[placed.addition].is_byte_code) return ok();
    const std::string path = image_file(placed).path();
    const python::InstalledDist* owner = owners_.of(placed.spot());
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
    const auto existing = ground_.anchor(placed.anchor).read_file(placed.spot().path, kComparedMax);
    if (!existing) return false;
    const wheel::ImageFile& file = image_file(placed);
    if (file.source == nullptr) return *existing == file.content;
    return verify::record_hash(verify::sha256(as_bytes_view(*existing))) == file.source->record_hash;
  }

  // The directories that files lie in, and where one addition has a file there.
  void find_directories() {
    std::vector<std::unordered_set<std::string_view>> known(input_.layout.anchors().size());
    const Placed* before = nullptr;
    for (std::uint32_t i = 0; i < placed_.size(); ++i) {
      const Placed& placed = placed_[i];
      if (placed.dropped || (before != nullptr && are_siblings(*before, placed))) continue;
      before = &placed;
      const std::string path = placed.spot().path;
      const std::size_t begin = directories_.size();
      for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
        const std::string_view parent = std::string_view(path).substr(0, slash);
        if (known[placed.anchor].contains(parent)) break;
        known[placed.anchor].insert(out_.texts.keep(parent));
        directories_.push_back({i, static_cast<std::uint32_t>(slash)});
        report_file_at(parent, placed);
      }
      std::reverse(directories_.begin() + static_cast<std::ptrdiff_t>(begin), directories_.end());
    }
  }
  void report_file_at(std::string_view directory, const Placed& wanting) {
    const std::uint32_t file = number_at(wanting.anchor, {}, directory);
    if (file == SpotTable::kEmpty) return;
    problems_.push_back(make_error(kOverlap, title(placed_[file].addition) + " has a file where " + title(wanting.addition) + " needs a directory: `" +
                                                 input_.layout.shown({wanting.anchor, std::string(directory)}) + "`"));
  }
  static bool are_siblings(const Placed& a, const Placed& b) {
    const std::size_t slash = a.rest.rfind('/');
    return a.anchor == b.anchor && a.directory == b.directory && b.rest.rfind('/') == slash && a.rest.substr(0, slash + 1) == b.rest.substr(0, slash + 1);
  }

  // Old metadata goes first and the new comes last, so that at no moment a distribution looks installed and is not.
  static int rank(const Unit& unit) {
    if (!unit.puts_new) return is_dist_info(unit.spot.path) ? 0 : 1;
    return unit.has_dist_info ? 3 : 2;
  }

  void order_and_number() {
    std::vector<std::uint32_t> order(units_.size()), number(units_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) { return rank(units_[a]) < rank(units_[b]); });
    out_.journal.anchors = input_.layout.anchors();
    out_.journal.anchors[0].clear();
    out_.files.reserve(placed_.size() + 1);
    out_.journal.moves.reserve(order.size() + 1);
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      const Unit& unit = units_[order[i]];
      number[order[i]] = i;
      out_.journal.moves.push_back({unit.spot.anchor, unit.spot.path, unit.takes_old, unit.puts_new});
    }
    auto directory = directories_.begin();
    for (std::uint32_t i = 0; i < placed_.size(); ++i) {
      const Placed& placed = placed_[i];
      if (placed.dropped) continue;
      const std::size_t unit_size = units_[placed.unit].spot.path.size();
      out_.files.push_back({placed.addition, placed.file, number[placed.unit], static_cast<std::uint32_t>(unit_size), placed.directory, placed.rest});
      for (; directory != directories_.end() && directory->file == i; ++directory) {
        if (directory->size < unit_size) continue;  // it is there already
        const std::size_t below = directory->size - unit_size;
        path_.clear();
        out_.files.back().append_path(path_);
        path_.resize(path_.size() - (path_size(placed) - unit_size) + below);
        out_.directories.push_back({path_, out_.files.size() - 1});
      }
    }
  }

  const ArrangementInput& input_;
  Ground& ground_;
  Diagnostics& diagnostics_;
  Owners owners_;
  Arrangement out_;
  std::vector<Placed> placed_;
  std::deque<Neighbourhood> neighbourhoods_;
  std::optional<SpotTable> by_spot_;
  std::vector<Unit> units_;
  std::map<Spot, std::size_t> unit_index_;
  struct Directory {
    std::uint32_t file, size;  // the first file in it or below it; how much of that file's path it is
  };
  std::vector<Directory> directories_;  // parents first
  std::unordered_set<std::string> reported_;
  std::string path_;  // of the file that is looked at
  std::vector<Error> problems_;
};

}  // namespace

std::string StagedFile::path() const {
  std::string text;
  append_path(text);
  return text;
}

void StagedFile::append_path(std::string& text) const {
  std::array<char, 10> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), move).ptr);
  if (skip <= directory.size() && !directory.empty()) {
    text.append(directory.substr(skip)).append(1, '/').append(rest);
    return;
  }
  text.append(rest.substr(skip - directory.size() - (directory.empty() ? 0 : 1)));
}

Result<Arrangement> arrange(const ArrangementInput& input, Ground& ground, Diagnostics& diagnostics) {
  return Arranger(input, ground, diagnostics).run();
}

}  // namespace pipit::install
