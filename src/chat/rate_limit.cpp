#include "chat/rate_limit.h"

#include <string>

namespace fairlead::chat {

Error rate_limited(const Quota& quota, std::string detail) {
  Error refused = error(ErrorCode::kRateLimited, std::move(detail));
  refused.retry_after_s = std::max<std::int64_t>(quota.retry_after_s, 1);
  refused.headers = {{"RateLimit-Limit", std::to_string(quota.limit)},
                     {"RateLimit-Remaining", std::to_string(quota.remaining)},
                     {"RateLimit-Reset", std::to_string(quota.reset_s)}};
  return refused;
}

}  // namespace fairlead::chat
