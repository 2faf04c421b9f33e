// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OwnerSignedWallet} from "./OwnerSignedWallet.sol";

/// @title Deploys wallets at addresses that are known beforehand, in good ways and in bad ones
contract WalletFactory {
    /// @notice Deploys a wallet, or gives the one that is there.
    function create(address[] calldata owners, bytes32 salt) public returns (address wallet) {
        wallet = addressOf(owners, salt);
        if (wallet.code.length == 0) new OwnerSignedWallet{salt: salt}(owners);
    }

    /// @notice Where `create` puts the wallet.
    function addressOf(address[] calldata owners, bytes32 salt) public view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(OwnerSignedWallet).creationCode, abi.encode(owners)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, code)))));
    }

    /// @notice Deploys under another salt than it was asked for.
    function createElsewhere(address[] calldata owners, bytes32 salt) external returns (address) {
        return create(owners, keccak256(abi.encode(salt)));
    }

    /// @notice Deploys, and then takes it back.
    function createAndRevert(address[] calldata owners, bytes32 salt) external {
        create(owners, salt);
        revert("changed my mind");
    }

    /// @notice Deploys, and then burns all gas.
    function createAndBurn(address[] calldata owners, bytes32 salt) external {
        create(owners, salt);
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @notice Deploys, and returns more than anyone wants to read.
    function createAndReturnMuch(address[] calldata owners, bytes32 salt) external {
        create(owners, salt);
        assembly {
            return(0, 500000)
        }
    }

    /// @notice Gives a wallet that is there other owners, as an account's recovery would.
    function setOwners(OwnerSignedWallet wallet, address[] calldata owners) external {
        wallet.setOwners(owners);
    }
}
