// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC2612} from "./tokens/ERC2612.sol";
import {ERC3009} from "./tokens/ERC3009.sol";

/// @title A dollar to test with
/// @notice Has no value. Behaves like USDC (FiatToken v2.2) in what a payment meets: EIP-3009, EIP-2612, ERC-1271
/// payers, 6 decimals, revert texts. It has no pause, no block list and no proxy, and one fixed minter.
/// @dev EIP-712 domain: name "Test USD", version "1", the chain's id, this address.
contract TestUSD is ERC3009, ERC2612 {
    /// @notice The only account that may mint.
    address public immutable minter;

    /// @notice `caller` is not the minter.
    error NotMinter(address caller);

    /// @notice A token without a minter could never be given to anyone.
    error MinterIsZero();

    /// @param minter_ The account that may mint; cannot be changed.
    constructor(address minter_) ERC20("Test USD", "TUSD") EIP712("Test USD", "1") {
        require(minter_ != address(0), MinterIsZero());
        minter = minter_;
    }

    /// @notice Creates `value` minimal units (millionths of a dollar) for `to`.
    function mint(address to, uint256 value) external {
        require(msg.sender == minter, NotMinter(msg.sender));
        _mint(to, value);
    }

    /// @notice The version in the EIP-712 domain.
    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
