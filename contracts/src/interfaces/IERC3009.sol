// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Transfers and cancellations that the payer signs and anyone may submit (EIP-3009)
/// @notice Both forms of every call are here: the one of the EIP that takes `(v, r, s)`, and the one that takes the
/// signature as bytes, which a contract account (ERC-1271) needs. Times are in seconds since the epoch, values in the
/// token's minimal units.
interface IERC3009 {
    /// @notice A payment under `nonce` was executed.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);

    /// @notice `nonce` was given up by its authorizer and can never be used.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    /// @notice Whether `nonce` of `authorizer` is spent, by use or by cancellation. Never goes back to false.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);

    /// @notice Moves `value` from `from` to `to` under the payer's signature. Anyone may call.
    /// @param validAfter The authorization holds when the block's time is greater than this.
    /// @param validBefore The authorization holds when the block's time is less than this.
    /// @param nonce 32 bytes that the payer chose at random; counts once.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice As the other overload; `signature` is r, s, v in 65 bytes, or what the payer's contract accepts.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;

    /// @notice As `transferWithAuthorization`, but only the payee may call and the signed type is another: a contract
    /// that takes deposits cannot be paid behind its back by somebody who copied the signature.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice As the other overload; `signature` is r, s, v in 65 bytes, or what the payer's contract accepts.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;

    /// @notice Spends `nonce` without a payment, under the authorizer's signature. Anyone may call.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice As the other overload; `signature` is r, s, v in 65 bytes, or what the authorizer's contract accepts.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes memory signature) external;
}
