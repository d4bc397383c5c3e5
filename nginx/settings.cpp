#include "nginx/settings.h"

#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::nginx {

Machine this_machine() {
  Machine machine;
  machine.is_root = ::geteuid() == 0;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY) {
    machine.descriptors_max = limit.rlim_max;
  }
  machine.nginx = installed_version();
  return machine;
}

}  // namespace fairlead::nginx
