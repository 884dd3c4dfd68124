// What is wrong with a line of a requirements file, as errors: the place, the text with a caret under the culprit, a hint.
// Secrets do not leave in them (neither passwords of URLs nor what variables hold), and a stranger's text is repeated only
// as far as a person reads it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packaging/requirements_options.h"
#include "packaging/requirements_text.h"
#include "pipit/base/error.h"

namespace pipit::packaging {

// "FILE:LINE", without a password.
std::string line_place(const std::string& file, int line);

// An option that pip's parser does not take, or a quotation without end.
Error option_error(const OptionFailure& failure, const std::string& file, const LogicalLine& line);
// `error` is what a requirement's parser says about `text`, a part of the line.
Error requirement_error(Error error, const std::string& file, const LogicalLine& line, const std::string& text);

// Lines that pip reads as something else than they say.
Error lost_words_error(const std::vector<std::string>& lost, const std::string& file, const LogicalLine& line);
Error hidden_start_error(const std::string& file, const LogicalLine& line);
Error dash_path_error(const std::string& text, const std::string& file, const LogicalLine& line);
// Something that a constraint must not be, in pip's words.
Error constraint_error(std::string_view why, const std::string& file, const LogicalLine& line, const std::string& text);

// An error about the file that the line includes: place, text and caret are added.
Error include_error(Error error, const std::string& included, const std::string& file, const LogicalLine& line);

// The file as a whole.
Error overflow_error(const std::string& location, int line, std::size_t max_bytes);
Error unreadable_file(const std::string& location, std::string_view why);
Error nul_byte_error(const std::string& location, std::string_view text, std::size_t at);

// `text` with every long line cut to a window; a line of blanks that ends in a caret keeps pointing at its character of the
// line above it. Linear.
std::string shortened(std::string_view text);

}  // namespace pipit::packaging
