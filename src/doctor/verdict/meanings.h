#pragma once

#include <string_view>

#include "doctor/verdict/finding.h"

// The knowledge: what a symptom means, and what to change in which product. Two tables; in their
// texts {subject} and {value} stand for those of the finding.
namespace fairlead::doctor {

struct Meaning {
  Symptom symptom;
  std::string_view what;    // what happens, and what it does to users
  std::string_view change;  // what to do where no product is known that does it
};
// Total but for kNone, the worst first: their order is the order of a verdict.
const Meaning& meaning_of(Symptom symptom);
std::size_t rank_of(Symptom symptom);

struct ProductRemedy {
  Symptom symptom;
  Product product;
  std::string_view change;
};
// The remedy for that product; null: it is not known to do such a thing.
const ProductRemedy* remedy_of(Symptom symptom, Product product);

}  // namespace fairlead::doctor
