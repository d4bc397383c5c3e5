#pragma once

#include <string>
#include <tl/expected.hpp>

#include "doctor/options.h"
#include "doctor/path/examination.h"
#include "doctor/way/way.h"

namespace fairlead::doctor {

// The options once they have been found to make sense, with the files they name read.
struct Preparation {
  Way way;
  Settings settings;
  Credentials credentials;
};

// Says which option is wrong otherwise. Reads files; a secret is at most 8 KiB and one line.
tl::expected<Preparation, std::string> prepare(const Options& options,
                                               const Environment& environment);

}  // namespace fairlead::doctor
