"""What a program asks Callgrind, which runs it: to count from now on, to forget, to write down.

A request is a sequence of instructions that does nothing anywhere else (valgrind.h,
VALGRIND_DO_CLIENT_REQUEST; its numbers: callgrind.h). Python has no such instructions, so they lie
in a page of memory that is called as a function.

The program may run without Valgrind: then requests do nothing.
"""

import ctypes
import mmap
import platform

#: The function of one argument, the address of the request: its code by machine.
_CODE = {
    "x86_64": bytes.fromhex(
        "4889f8"  # mov rax, rdi: the address of the request
        "31d2"  # xor edx, edx: the answer if nobody answers
        "48c1c703 48c1c70d 48c1c73d 48c1c733"  # rol rdi by 3, 13, 61 and 51, in all by 128
        "4887db"  # xchg rbx, rbx
        "4889d0 c3"  # mov rax, rdx; ret
    ),
    "aarch64": b"".join(
        word.to_bytes(4, "little")
        for word in (
            *(0xAA0003E4, 0xD2800003),  # mov x4, x0; mov x3, #0
            *(0x93CC0D8C, 0x93CC358C, 0x93CCCD8C, 0x93CCF58C),  # ror x12 by 3, 13, 51 and 61
            0xAA0A014A,  # orr x10, x10, x10
            *(0xAA0303E0, 0xD65F03C0),  # mov x0, x3; ret
        )
    ),
}

#: Callgrind's requests, from the number of its first one: 'C', 'T'.
_FIRST = 0x43540000
_DUMP, _ZERO, _START = (_FIRST + number for number in (0, 1, 4))


class Callgrind:
    """Asks the Callgrind that runs this process. Raises NotImplementedError on a processor that it
    does not know."""

    def __init__(self) -> None:
        code = _CODE.get(platform.machine())
        if code is None:
            raise NotImplementedError(f"instructions are not counted on {platform.machine()}")
        self._page = mmap.mmap(
            -1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        )
        self._page.write(code)
        self._code = ctypes.c_char.from_buffer(self._page)
        kind = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)
        self._ask = kind(ctypes.addressof(self._code))
        self._requests = {
            number: (ctypes.c_uint64 * 6)(number) for number in (_DUMP, _ZERO, _START)
        }

    def start(self) -> None:
        """Count from now on. What ran before ran faster, and was not counted."""
        self._request(_START)

    def zero(self) -> None:
        """Forget what was counted."""
        self._request(_ZERO)

    def dump(self) -> None:
        """Write what was counted, of all threads, into the next file of this process."""
        self._request(_DUMP)

    def _request(self, number: int) -> None:
        self._ask(ctypes.addressof(self._requests[number]))
