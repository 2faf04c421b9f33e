// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title What the sandbox, anvil and EthereumJS are measured on
/// @notice Each function repeats one kind of work `count` times inside one call, so that the interpreter is what counts.
contract Workload is ERC20 {
    uint256[256] private _slots;

    constructor() ERC20("Workload", "WORK") {
        for (uint256 i = 0; i < 16; i++) {
            _slots[i] = i + 1;
        }
    }

    /// @notice Gives `value` minimal units to anybody: nothing here has a value.
    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    /// @notice Transfers of one unit to 64 accounts in turn.
    function transfers(uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            transfer(address(uint160(0x10000 + (i & 63))), 1);
        }
    }

    /// @notice Mints of one unit to 64 accounts in turn.
    function mints(uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            _mint(address(uint160(0x20000 + (i & 63))), 1);
        }
    }

    /// @notice A chain of Keccak-256 over 32 bytes.
    function hashes(uint256 count) external pure returns (bytes32 last) {
        for (uint256 i = 0; i < count; i++) {
            last = keccak256(abi.encode(last));
        }
    }

    /// @notice Reads a slot and writes it back changed, over 256 slots in turn.
    function slots(uint256 count) external returns (uint256 last) {
        unchecked {
            for (uint256 i = 0; i < count; i++) {
                last = _slots[i & 255] + i;
                _slots[i & 255] = last;
            }
        }
    }

    /// @notice Additions, multiplications, shifts and exclusive ors over 256 bits.
    function arithmetic(uint256 count) external pure returns (uint256 sum) {
        unchecked {
            uint256 x = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95;
            for (uint256 i = 0; i < count; i++) {
                x = x * 6364136223846793005 + 1442695040888963407;
                x ^= x >> 77;
                sum += x & type(uint128).max;
            }
        }
    }

    /// @notice Divisions and remainders, of 256 and of 512 bits.
    function divisions(uint256 count) external pure returns (uint256 sum) {
        unchecked {
            uint256 x = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95;
            for (uint256 i = 0; i < count; i++) {
                uint256 d = (x >> 100) | 1;
                sum += x / d + x % (d >> 60 | 1);
                x = mulmod(x, 0xb504f333f9de6484597d89b3754abe9f1d6f60ba893ba84ced17ac8583339915, type(uint256).max - i);
            }
        }
    }
}
