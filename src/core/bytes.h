#pragma once

#include <memory>
#include <string>

namespace fairlead {

// Immutable bytes that may be shared between threads: encoded once, sent to many.
using Bytes = std::shared_ptr<const std::string>;

inline Bytes make_bytes(std::string s) { return std::make_shared<const std::string>(std::move(s)); }

}  // namespace fairlead
