#pragma once

#include "doctor/path/examination.h"

namespace fairlead::doctor {

// Who stands first on the way, from an error page that it must write itself: of a request that is
// none, or, where it is a forward proxy, of a host that cannot exist. At most 5 s.
Products who_is_at_the_door(const Way& way);

}  // namespace fairlead::doctor
