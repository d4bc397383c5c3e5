#include "core/socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace fairlead {

int unread_bytes(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace fairlead
