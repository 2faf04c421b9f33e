// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @title What every test contract starts from
abstract contract Test {
    /// @dev Where forge listens: the last 20 bytes of keccak256("hevm cheat code").
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The public development mnemonic; the only keys in this repository come from it.
    string private constant MNEMONIC = "test test test test test test test test test test test junk";

    /// @dev The private key of the mnemonic's account `index`.
    function key(uint32 index) internal pure returns (uint256) {
        return vm.deriveKey(MNEMONIC, index);
    }

    /// @dev Brings `x` into low..high, both included. Numbers already inside stay as they are.
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        if (x >= low && x <= high) return x;
        uint256 size = high - low + 1;
        return size == 0 ? x : low + x % size;
    }

    /// @dev r, s and v in the 65 bytes that wallets produce.
    function sign(uint256 signerKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signerKey, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The parts of a 65-byte signature.
    function split(bytes memory signature) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        vm.assertEq(signature.length, 65, "only 65 bytes can be split");
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
