#pragma once

#include <span>

#include "store/sqlite/connection.h"

namespace fairlead::store::sqlite {

// One rung of the ladder: what takes a file from one version of the schema to the next. A rung that
// has been released is never changed; a change is a new rung.
using Migration = void (*)(Connection&);

// All rungs: the file's version (`PRAGMA user_version`) is how many it has climbed.
std::span<const Migration> schema_ladder();

// Takes the file up the ladder, all or nothing, in one exclusive transaction: several processes may
// open the file at once. Throws StoreFailure if the file is not Fairlead's or is of a later version
// than the ladder.
void migrate(Connection& connection, std::span<const Migration> ladder = schema_ladder());

}  // namespace fairlead::store::sqlite
