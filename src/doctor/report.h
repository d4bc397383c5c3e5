#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/verdict/verdict.h"

// What the findings look like for people and for programs. Pure functions.
namespace fairlead::doctor {

// Text from the network, fit for a terminal: one line without control characters or broken UTF-8
// (CWE-150), at most `characters_max`.
std::string printable(std::string_view text, std::size_t characters_max = 300);

// "  ok    dns         chat.example.org is 203.0.113.7\n"
std::string row(const Finding& finding);

// The causes, numbered, and what to change for each.
std::string verdict_text(const std::vector<Cause>& causes, const Findings& findings);

struct Subject {
  std::string url, proxy;
  Products products;
};
// One object on one line.
std::string json_text(const Subject& subject, const Findings& findings,
                      const std::vector<Cause>& causes);

}  // namespace fairlead::doctor
