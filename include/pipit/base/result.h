// Result<T>: a T or an Error. Three kinds have three spellings throughout pipit: absent is std::optional, failed is
// Result, worth saying is Diagnostics (diagnostics.h). Nothing below cli throws on purpose.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "pipit/base/error.h"

namespace pipit {

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

struct Unit {
  friend bool operator==(Unit, Unit) { return true; }
};
using Status = Result<Unit>;

inline Status ok() { return Unit{}; }
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace pipit

#define PIPIT_JOIN_(a, b) a##b
#define PIPIT_JOIN(a, b) PIPIT_JOIN_(a, b)
#define PIPIT_TRY_(decl, expr, tmp)                                \
  auto tmp = (expr);                                               \
  if (!tmp) return ::pipit::fail(std::move(tmp).error());          \
  decl = std::move(*tmp)
// PIPIT_TRY(auto x, f()): x is the value of f(), or the enclosing function returns f()'s error.
#define PIPIT_TRY(decl, expr) PIPIT_TRY_(decl, expr, PIPIT_JOIN(pipit_try_, __LINE__))
// PIPIT_CHECK(f()): the enclosing function returns f()'s error if there is one.
#define PIPIT_CHECK(expr)                                                            \
  do {                                                                               \
    if (auto pipit_check_ = (expr); !pipit_check_)                                   \
      return ::pipit::fail(std::move(pipit_check_).error());                         \
  } while (false)
