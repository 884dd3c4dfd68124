// HtmlTags: the start tags of an HTML document, one after another, as far as link pages need them: attributes with their
// entities decoded, comments, declarations and the raw text of <script> and <style> stepped over. Every byte is looked at
// a bounded number of times whatever the markup; nothing is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pipit::index {

struct HtmlAttribute {
  std::string name;  // lower case
  std::string value;
};

struct HtmlTag {
  std::string name;  // lower case
  std::vector<HtmlAttribute> attributes;
  // Null if absent. `said_twice` is set if the name occurs again.
  const std::string* attribute(std::string_view attribute_name, bool* said_twice = nullptr) const;
};

class HtmlTags {
 public:
  explicit HtmlTags(std::string_view document) : text_(document) {}
  // The next start tag; false at the end. A tag that the document's end cuts off is dropped.
  bool next(HtmlTag& tag);

 private:
  bool read_start_tag(HtmlTag& tag);
  bool read_attribute(HtmlTag& tag);
  std::string_view read_value();
  void skip_past(std::string_view terminator);
  void skip_raw_text(std::string_view element);
  void skip_space();
  bool at_end() const { return position_ >= text_.size(); }

  std::string_view text_;
  std::size_t position_ = 0;
};

// Numeric references and the named ones that occur in links.
std::string decode_entities(std::string_view text);

}  // namespace pipit::index
