#include "load/row.h"

namespace fairlead::load {

Spread spread_of(const Histogram& histogram) {
  return {histogram.quantile_ms(0.5), histogram.quantile_ms(0.9), histogram.quantile_ms(0.99),
          histogram.max_ms()};
}

}  // namespace fairlead::load
