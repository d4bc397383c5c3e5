#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::nginx {

// nginx's way to write times and sizes. Nothing for what nginx would refuse, and for what is too
// large to count. Pure.
std::optional<std::chrono::milliseconds> parse_time(std::string_view text);  // 75s, 1h, 1m30s, 90
std::optional<std::uint64_t> parse_size(std::string_view text);              // 2k, 1m, 1G, 4096

std::string time_text(std::chrono::seconds time);  // 75s; whole hours as 1h
std::string size_text(std::uint64_t bytes);        // 64k; 880

}  // namespace fairlead::nginx
