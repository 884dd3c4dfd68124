// pipit-vectors: reads questions from stdin and answers on stdout; `pipit-vectors reqfile [-c] ENTRY` parses one file.
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "vectors/answers.h"
#include "vectors/formats.h"

namespace {

nlohmann::json respond(const std::string& line) {
  nlohmann::json question = nlohmann::json::parse(line), reply{{"id", question.at("id")}}, value;
  switch (pipit::vectors::answer(question.at("op"), question.at("args"), value)) {
    case pipit::vectors::Verdict::accepted:
      reply["ok"] = true;
      reply["value"] = std::move(value);
      break;
    case pipit::vectors::Verdict::rejected:
      reply["ok"] = false;
      break;
    case pipit::vectors::Verdict::unknown_operation:
      reply["skip"] = true;
      break;
  }
  return reply;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "reqfile") return pipit::vectors::run_reqfile(argc - 2, argv + 2);
  std::ios::sync_with_stdio(false);
  try {
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty()) std::cout << pipit::vectors::print(respond(line)) << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << "pipit-vectors: not a question: " << error.what() << '\n';
    return 2;
  }
}
