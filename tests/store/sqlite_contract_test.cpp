#include "tests/store/sqlite_bench.h"

namespace fairlead::store {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         ::testing::Values(StoreMaker{
                             "sqlite", [] { return std::make_unique<SqliteBench>(); }}));

}  // namespace fairlead::store
