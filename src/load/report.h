#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/row.h"

// Numbers as a user reads them, and as a program does. Pure functions.
namespace fairlead::load {

std::string in_thousands(std::uint64_t count);  // 12,345
std::string milliseconds(double ms);            // 0.42, 8.1, 153
std::string per_second(double rate);            // 9.9, 12,345

// The table, a row each, without those that were not measured; ends with a newline.
std::string table(const std::vector<Row>& rows);
// What there is to say of a row beyond its numbers, and what to do about it; maybe nothing.
std::vector<std::string> notes(const Row& row, const Plan& plan);
// One line that sums a row up, for a log.
std::string summary(const Row& row);
std::string step_text(const Step& step);
// A JSON object on one line.
std::string json_line(const Row& row, const Plan& plan);

}  // namespace fairlead::load
