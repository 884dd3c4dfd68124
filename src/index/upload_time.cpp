#include <array>

#include "pipit/index/candidate_finder.h"

namespace pipit::index {
namespace {

// Reads exactly `digits` decimal digits.
std::optional<int> number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool accept(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456": the fraction in microseconds; further digits are dropped.
std::optional<std::chrono::microseconds> fraction(std::string_view& text) {
  if (!accept(text, ".,")) return std::chrono::microseconds(0);
  int value = 0, digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits)
    if (digits < 6) value = value * 10 + (text.front() - '0');
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 6; ++i) value *= 10;
  return std::chrono::microseconds(value);
}

std::optional<std::chrono::minutes> offset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return std::chrono::minutes(0);
  const bool negative = text.front() == '-';
  if (!accept(text, "+-")) return std::nullopt;
  const auto hours = number(text, 2);
  accept(text, ":");
  const auto minutes = number(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes size(*hours * 60 + *minutes);
  return negative ? -size : size;
}

}  // namespace

std::optional<TimePoint> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = number(text, 4);
  if (!y || !accept(text, "-")) return std::nullopt;
  const auto m = number(text, 2);
  if (!m || !accept(text, "-")) return std::nullopt;
  const auto d = number(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  if (text.empty()) return TimePoint(sys_days(date));
  if (!accept(text, "Tt ")) return std::nullopt;
  const auto hour = number(text, 2);
  if (!hour || !accept(text, ":")) return std::nullopt;
  const auto minute = number(text, 2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (accept(text, ":")) second = number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto micros = fraction(text);
  const auto zone = micros ? offset(text) : std::nullopt;
  if (!zone) return std::nullopt;
  return TimePoint(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) + *micros - *zone;
}

}  // namespace pipit::index
