// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC20Reasons} from "./ERC20Reasons.sol";
import {PayerSignature} from "./PayerSignature.sol";

/// @title EIP-2612 for an ERC-20 token, for contract accounts too, with the revert texts of USDC (FiatToken v2.2)
/// @dev OpenZeppelin's ERC20Permit knows neither ERC-1271 nor these texts; nonces and hashing are its parts.
abstract contract ERC2612 is IERC20Permit, ERC20Reasons, EIP712, Nonces {
    /// @notice The EIP-712 type hash that `permit` checks.
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IERC20Permit
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        _permit(owner, spender, value, deadline, abi.encodePacked(r, s, v));
    }

    /// @notice As the other overload; `signature` is r, s, v in 65 bytes, or what the owner's contract accepts.
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature) external {
        _permit(owner, spender, value, deadline, signature);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature) private {
        require(block.timestamp <= deadline, "FiatTokenV2: permit is expired");
        // The nonce is taken before an owner's contract is asked; a refusal reverts it with the rest.
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        require(PayerSignature.isValid(owner, _hashTypedDataV4(structHash), signature), "EIP2612: invalid signature");
        _approve(owner, spender, value);
    }
}
