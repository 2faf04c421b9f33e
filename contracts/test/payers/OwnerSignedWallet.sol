// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract account that signs with its owners' keys, in the order in which they were given
/// @notice With two owners its signature is 130 bytes long, which only the overloads with bytes can carry.
contract OwnerSignedWallet is IERC1271 {
    address[] private _owners;

    constructor(address[] memory owners) {
        _owners = owners;
    }

    /// @notice Contract signatures can be taken back: after this the old owners' count for nothing.
    function setOwners(address[] memory owners) external {
        _owners = owners;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65 * _owners.length) return 0xffffffff;
        for (uint256 i = 0; i < _owners.length; i++) {
            (address signer,,) = ECDSA.tryRecoverCalldata(hash, signature[65 * i:65 * (i + 1)]);
            if (signer != _owners[i]) return 0xffffffff;
        }
        return IERC1271.isValidSignature.selector;
    }
}
