#pragma once

#include <string>
#include <vector>

#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

// What is to be changed, and where. Without a product: what holds for any.
struct Remedy {
  std::string product;
  std::string change;
};

struct Cause {
  Symptom symptom = Symptom::kNone;
  State severity = State::kBad;  // or kNote
  std::string what;              // one sentence: what happens and what that does to users
  std::vector<Remedy> remedies;  // at least one
};

// What the findings mean: causes before their consequences, which are left out; the worst first. Of
// the products on the way those are named that are known to do such a thing. Pure.
std::vector<Cause> diagnose(const Findings& findings, const Products& on_the_way);

}  // namespace fairlead::doctor
