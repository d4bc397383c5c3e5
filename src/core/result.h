#pragma once

#include <tl/expected.hpp>

#include "core/error.h"

namespace fairlead {

// An answer, or the expected failure that took its place. Exceptions are for what nobody expected.
template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error e) { return tl::unexpected<Error>(std::move(e)); }
inline tl::unexpected<Error> fail(ErrorCode code, std::string detail = {}) {
  return tl::unexpected<Error>(error(code, std::move(detail)));
}

}  // namespace fairlead
