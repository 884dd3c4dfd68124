#include "pipit/fetch/wheel_store.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "support/faulty_os.h"
#include "support/wheel_maker.h"

using namespace pipit;
using fetch::WheelStore;
using test::WheelMaker;

namespace {

using std::filesystem::path;
constexpr std::chrono::milliseconds kNoPatience{0};

struct Place {
  sys::TempDir temp = *sys::TempDir::create({}, "pipit-test-");
  sys::InlineExecutor executor;
  Diagnostics diagnostics;
  path cache() const { return temp.path() / "cache"; }
  std::unique_ptr<WheelStore> open() const {
    auto store = WheelStore::open(sys::real_os(), cache(), 0022, sys::real_clock());
    REQUIRE(store);
    return std::move(*store);
  }
  Result<wheel::PreparedWheel> add(WheelStore& store, const WheelMaker& maker, const std::vector<std::string>& allowances = {}) {
    const std::string bytes = maker.bytes();
    const auto checked = verify::check({{"sha256", verify::sha256_hex(as_bytes_view(bytes))}}, {}, "x");
    return store.add(as_bytes_view(bytes), *checked, maker.filename(), allowances, executor, diagnostics);
  }
  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cache())) count += entry.path().filename() == "manifest";
    return count;
  }
  std::size_t staged() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(cache() / "wheels-v1" / "staging")) ++count;
    return count;
  }
};

WheelMaker demo(const std::string& version = "1.0") { return WheelMaker("demo", version).file("demo/__init__.py", "v = '" + version + "'\n"); }
std::string key(const WheelMaker& maker) { return verify::sha256_hex(as_bytes_view(maker.bytes())); }

}  // namespace

TEST_CASE("a wheel that was added is found again, by another store as well", "[fetch]") {
  Place place;
  const auto store = place.open();
  CHECK_FALSE(store->find(key(demo()), "", {})->has_value());
  const auto added = place.add(*store, demo());
  REQUIRE(added);
  CHECK_FALSE(added->from_store);
  const auto other = place.open();
  const auto found = other->find(key(demo()), demo().filename(), {});
  REQUIRE(found);
  REQUIRE(found->has_value());
  CHECK((*found)->from_store);
  CHECK((*found)->manifest->to_bytes() == added->manifest->to_bytes());
  CHECK(test::read_whole_file((*found)->tree / "demo/__init__.py") == "v = '1.0'\n");
  CHECK((*found)->checked.sha256_hex() == key(demo()));
  CHECK(place.staged() == 0);
  CHECK_FALSE(store->find(key(demo()), "other-1.0-py3-none-any.whl", {})->has_value());
  CHECK_FALSE(store->find("../../etc", "", {})->has_value());
}

TEST_CASE("a wheel that is refused leaves nothing in the store", "[fetch]") {
  Place place;
  const auto store = place.open();
  CHECK_FALSE(place.add(*store, demo().record_row("demo/__init__.py", test::record_hash_and_size("lie"))));
  CHECK(place.entries() == 0);
  CHECK(place.staged() == 0);
}

TEST_CASE("a wheel that needed an allowance is found only by who gives it", "[fetch]") {
  Place place;
  const auto store = place.open();
  const WheelMaker liar = demo().without_record_row("demo/__init__.py");
  const auto added = place.add(*store, liar, {"bad-record:demo"});
  REQUIRE(added);
  CHECK(added->allowances == std::vector<std::string>{"bad-record:demo"});
  CHECK_FALSE(store->find(key(liar), "", {})->has_value());
  CHECK(store->find(key(liar), "", {"bad-record:demo"})->has_value());
}

TEST_CASE("adding what is there already uses it; a damaged entry is replaced", "[fetch]") {
  Place place;
  const auto store = place.open();
  const auto first = place.add(*store, demo());
  REQUIRE(place.add(*store, demo()));
  CHECK(place.entries() == 1);
  test::write_file(first->tree.parent_path() / "manifest", "rubbish");
  CHECK_FALSE(store->find(key(demo()), "", {})->has_value());
  const auto again = place.add(*store, demo());
  REQUIRE(again);
  CHECK(store->find(key(demo()), "", {})->has_value());
  REQUIRE(store->forget(key(demo())));
  CHECK_FALSE(store->find(key(demo()), "", {})->has_value());
  CHECK(store->forget(key(demo())).has_value());
  CHECK(place.staged() == 0);
}

TEST_CASE("many threads may add the same wheels at once", "[fetch]") {
  Place place;
  const auto one = place.open(), two = place.open();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Place mine;
      for (int i = 0; i < 8; ++i) good += mine.add(t % 2 == 0 ? *one : *two, demo("1." + std::to_string(i))).has_value();
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 32);
  CHECK(place.entries() == 8);
  CHECK(place.staged() == 0);
}

TEST_CASE("a cache that others may write to is not used, and why is told", "[fetch][L3]") {
  Place place;
  place.open();
  for (const path& shared : {place.cache(), place.cache() / "wheels-v1"}) {
    std::filesystem::permissions(shared, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
    const auto store = WheelStore::open(sys::real_os(), place.cache(), 0022, sys::real_clock());
    REQUIRE_FALSE(store);
    CHECK(store.error().code == fetch::kCacheUnusable);
    CHECK(store.error().message.find("others may write to it") != std::string::npos);
    std::filesystem::permissions(shared, std::filesystem::perms::owner_all);
  }
  CHECK(WheelStore::open(sys::real_os(), place.cache(), 0022, sys::real_clock()));
}

TEST_CASE("a cache in the place of a file is not used", "[fetch]") {
  Place place;
  test::write_file(place.cache(), "a file");
  const auto store = WheelStore::open(sys::real_os(), place.cache(), 0022, sys::real_clock());
  REQUIRE_FALSE(store);
  CHECK(store.error().code == fetch::kCacheUnusable);
}

TEST_CASE("files carry the umask's modes, so another umask has another store", "[fetch][L7]") {
  Place place;
  place.open();
  const auto private_store = WheelStore::open(sys::real_os(), place.cache(), 0077, sys::real_clock());
  REQUIRE(private_store);
  CHECK((*private_store)->path() == place.cache() / "wheels-v1-u077");
}

TEST_CASE("a temporary store is gone with its object", "[fetch]") {
  Place place;
  path where;
  {
    const auto store = WheelStore::temporary(sys::real_os(), place.temp.path(), sys::real_clock());
    REQUIRE(store);
    REQUIRE(place.add(**store, demo()));
    where = (*store)->path();
    CHECK(std::filesystem::exists(where));
  }
  CHECK_FALSE(std::filesystem::exists(where));
}

TEST_CASE("re-hashing finds every changed or missing file and heals", "[fetch]") {
  Place place;
  const auto store = place.open();
  const auto a = place.add(*store, demo("1.0")), b = place.add(*store, demo("2.0")), c = place.add(*store, demo("3.0"));
  CHECK(store->verify(place.executor, WheelStore::Heal::no)->empty());
  test::write_file(a->tree / "demo/__init__.py", "v = '9.0'\n");
  std::filesystem::remove(b->tree / "demo/__init__.py");
  const auto damages = store->verify(place.executor, WheelStore::Heal::yes);
  REQUIRE(damages);
  REQUIRE(damages->size() == 2);
  for (const auto& damage : *damages) CHECK(damage.paths == std::vector<std::string>{"demo/__init__.py"});
  CHECK(place.entries() == 1);
  CHECK(store->verify(place.executor, WheelStore::Heal::yes)->empty());
}

TEST_CASE("the list, removing, the size cap and the purge", "[fetch]") {
  Place place;
  const auto store = place.open();
  for (const char* version : {"1.0", "2.0", "3.0"}) REQUIRE(place.add(*store, demo(version)));
  auto wheels = *store->list();
  REQUIRE(wheels.size() == 3);
  CHECK(wheels[0].filename == "demo-1.0-py3-none-any.whl");
  const std::uint64_t each = wheels[0].size_bytes;
  CHECK(store->prune(3 * each, kNoPatience) == 0);
  const path manifest = store->path() / wheels[1].sha256.substr(0, 2) / wheels[1].sha256 / "manifest";
  std::filesystem::last_write_time(manifest, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  CHECK(store->prune(2 * each, kNoPatience) == each);
  wheels = *store->list();
  REQUIRE(wheels.size() == 2);
  CHECK(wheels[1].version == "3.0");
  CHECK(store->remove({wheels[0].sha256, "nonsense"}, kNoPatience) == each);
  CHECK(store->purge(kNoPatience) == each);
  CHECK(place.entries() == 0);
  CHECK(place.staged() == 0);
}

TEST_CASE("using an old entry makes it young", "[fetch]") {
  Place place;
  const auto store = place.open();
  const auto added = place.add(*store, demo());
  const path manifest = added->tree.parent_path() / "manifest";
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(48);
  std::filesystem::last_write_time(manifest, old);
  REQUIRE(store->find(key(demo()), "", {})->has_value());
  CHECK(std::filesystem::last_write_time(manifest) > old + std::chrono::hours(1));
  CHECK(store->find(key(demo()), "", {})->has_value());
}

TEST_CASE("nothing is removed while another store is open", "[fetch]") {
  Place place;
  const auto store = place.open();
  REQUIRE(place.add(*store, demo()));
  {
    const auto running = place.open();
    const auto refused = store->purge(kNoPatience);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == fetch::kCacheBusy);
    CHECK(place.entries() == 1);
  }
  CHECK(store->purge(kNoPatience));
}

TEST_CASE("what a killed pipit left in the staging directory is removed by the next one alone", "[fetch]") {
  Place place;
  const path litter = place.cache() / "wheels-v1" / "staging" / "dead";
  {
    const auto running = place.open();
    std::filesystem::create_directories(litter / "tree");
    const auto second = place.open();
    CHECK(std::filesystem::exists(litter));
  }
  place.open();
  CHECK_FALSE(std::filesystem::exists(litter));
}

namespace {

using Fault = test::FaultyOs::Fault;
const std::string kKey = "0123456789abcdef";

// Opens a store over this Os, adds a wheel and byte code of it.
Status publish(Place& place, sys::Os& os) {
  PIPIT_TRY(const auto store, WheelStore::open(os, place.cache(), 0022, sys::real_clock()));
  PIPIT_TRY(const auto added, place.add(*store, demo()));
  PIPIT_TRY(const auto code, store->add_code(*added.manifest, kKey, {{"demo/__pycache__/__init__.cpython-311.pyc", "code of demo"}}));
  return code.manifest->files.size() == 1 ? ok() : fail(make_error(kInternalError, "no byte code"));
}

// What a later run finds is whole or not there.
void check_whole(Place& place) {
  const auto store = place.open();
  CHECK(place.staged() == 0);
  CHECK(store->verify(place.executor, WheelStore::Heal::no)->empty());
  const auto found = store->find(key(demo()), "", {});
  REQUIRE(found);
  CHECK(place.entries() == (found->has_value() ? 1u : 0u) + (store->find_code(key(demo()), kKey) ? 1u : 0u));
  if (const auto code = store->find_code(key(demo()), kKey)) CHECK(test::read_whole_file(code->tree / code->manifest->files.at(0).path) == "code of demo");
}

}  // namespace

TEST_CASE("a kill at any call of publishing leaves a whole entry or none, and the next run takes the litter away", "[fetch][F12]") {
  std::size_t points = 0;
  for (std::size_t at = 1;; ++at) {
    Place place;
    test::FaultyOs os({Fault::die, at, 0});
    bool died = false;
    try {
      (void)publish(place, os);
    } catch (const test::Died&) {
      died = true;
    }
    CAPTURE(at);
    check_whole(place);
    if (!died) break;
    ++points;
    test::FaultyOs kernel;
    CHECK(publish(place, kernel));
  }
  CHECK(points > 20);
  std::printf("publishing, killed: N = %zu, 0 bad\n", points);
}

TEST_CASE("an error at any call of publishing leaves no litter, and whoever says it is published has published it", "[fetch][F12]") {
  for (const int error : {ENOSPC, EIO, EMFILE, ENOMEM, EDQUOT}) {
    std::size_t points = 0;
    for (std::size_t at = 1;; ++at) {
      Place place;
      test::FaultyOs os({Fault::fail, at, error});
      const Status status = publish(place, os);
      if (!os.has_struck()) break;
      ++points;
      CAPTURE(at, error, status.has_value());
      std::error_code none;
      if (std::filesystem::exists(place.cache() / "wheels-v1" / "staging", none)) CHECK(place.staged() == 0);
      if (status) CHECK(place.entries() == 2);
      check_whole(place);
    }
    CHECK(points > 40);
    if (error == ENOSPC) std::printf("publishing, error sweep: N = %zu, 5 errors, 0 bad\n", points);
  }
}

TEST_CASE("short writes and interrupted calls do not disturb publishing", "[fetch][F9]") {
  Place place;
  test::FaultyOs os({Fault::hiccup, 0, 0});
  REQUIRE(publish(place, os));
  check_whole(place);
  CHECK(place.entries() == 2);
}

TEST_CASE("byte code lies beside its wheel, counts, is re-hashed and goes with it", "[fetch]") {
  Place place;
  const auto store = place.open();
  const auto added = place.add(*store, demo());
  REQUIRE(added);
  CHECK_FALSE(store->find_code(key(demo()), kKey));
  const std::uint64_t alone = store->list()->at(0).size_bytes;
  REQUIRE(store->add_code(*added->manifest, kKey, {{"demo/__pycache__/a.pyc", "12345"}, {"top.pyc", "1"}}));
  const auto again = store->add_code(*added->manifest, kKey, {{"other.pyc", "another"}});
  REQUIRE(again);
  CHECK(again->manifest->files.size() == 2);  // who comes second uses what is there
  CHECK(store->list()->at(0).size_bytes == alone + 6);
  CHECK_FALSE(store->find_code(key(demo()), "../x"));
  CHECK_FALSE(store->add_code(*added->manifest, "../x", {}));
  test::write_file(again->tree / "top.pyc", "2");
  CHECK(store->verify(place.executor, WheelStore::Heal::yes)->empty());
  CHECK_FALSE(store->find_code(key(demo()), kKey));
  REQUIRE(store->add_code(*added->manifest, kKey, {}));
  REQUIRE(store->find_code(key(demo()), kKey));
  CHECK(store->find_code(key(demo()), kKey)->manifest->files.empty());
  REQUIRE(store->forget(key(demo())));
  CHECK(place.entries() == 0);
  CHECK(place.staged() == 0);
}

TEST_CASE("a store that this run made holds what this run added: nothing is counted", "[fetch]") {
  Place place;
  const auto store = place.open();
  REQUIRE(place.add(*store, demo("1.0")));
  CHECK(store->keep_below(1u << 30, 4321));
  CHECK(test::read_whole_file(store->path() / "size") == "4321");
  CHECK(place.open()->keep_below(1u << 30, 1));
  CHECK(test::read_whole_file(store->path() / "size") == "4322");
}

TEST_CASE("who added something keeps the store below its cap, unless somebody else is at work", "[fetch]") {
  Place place;
  const auto store = place.open();
  for (const char* version : {"1.0", "2.0", "3.0"}) REQUIRE(place.add(*store, demo(version)));
  const std::uint64_t each = store->list()->at(0).size_bytes;
  const path oldest = store->path() / key(demo("2.0")).substr(0, 2) / key(demo("2.0")) / "manifest";
  std::filesystem::last_write_time(oldest, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  {
    const auto running = place.open();
    CHECK(store->keep_below(2 * each, 3 * each));
    CHECK(place.entries() == 3);
  }
  CHECK(store->keep_below(2 * each, 0));  // nothing came, nothing goes
  CHECK(place.entries() == 3);
  CHECK(store->keep_below(2 * each, each));
  CHECK(place.entries() == 2);
  CHECK_FALSE(store->find(key(demo("2.0")), "", {})->has_value());
  // What is known of the size is believed below the cap, and corrected above it.
  CHECK(test::read_whole_file(store->path() / "size") == std::to_string(2 * each));
  REQUIRE(place.add(*store, demo("4.0")));
  CHECK(store->keep_below(5 * each, each));
  CHECK(test::read_whole_file(store->path() / "size") == std::to_string(3 * each));
  CHECK(store->keep_below(3 * each, each));
  CHECK(test::read_whole_file(store->path() / "size") == std::to_string(3 * each));
  CHECK(place.entries() == 3);
  CHECK(place.staged() == 0);
}
