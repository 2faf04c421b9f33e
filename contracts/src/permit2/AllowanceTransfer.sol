// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAllowanceTransfer} from "../interfaces/IAllowanceTransfer.sol";
import {PermitSignature} from "./PermitSignature.sol";

/// @title The half of Permit2 with allowances that end
abstract contract AllowanceTransfer is IAllowanceTransfer, PermitSignature {
    struct Allowed {
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    string private constant _DETAILS_TYPE =
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)";
    bytes32 private constant _DETAILS_TYPEHASH = keccak256(bytes(_DETAILS_TYPE));
    bytes32 private constant _SINGLE_TYPEHASH = keccak256(
        abi.encodePacked("PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)", _DETAILS_TYPE)
    );
    bytes32 private constant _BATCH_TYPEHASH = keccak256(
        abi.encodePacked("PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)", _DETAILS_TYPE)
    );

    /// @inheritdoc IAllowanceTransfer
    mapping(address user => mapping(address token => mapping(address spender => Allowed))) public allowance;

    /// @inheritdoc IAllowanceTransfer
    function approve(address token, address spender, uint160 amount, uint48 expiration) external {
        _set(allowance[msg.sender][token][spender], amount, expiration);
        emit Approval(msg.sender, token, spender, amount, expiration);
    }

    /// @inheritdoc IAllowanceTransfer
    function permit(address owner, PermitSingle memory permitSingle, bytes calldata signature) external {
        require(block.timestamp <= permitSingle.sigDeadline, SignatureExpired(permitSingle.sigDeadline));
        bytes32 details = _hash(permitSingle.details);
        _verify(
            signature,
            keccak256(abi.encode(_SINGLE_TYPEHASH, details, permitSingle.spender, permitSingle.sigDeadline)),
            owner
        );
        _permit(owner, permitSingle.spender, permitSingle.details);
    }

    /// @inheritdoc IAllowanceTransfer
    function permit(address owner, PermitBatch memory permitBatch, bytes calldata signature) external {
        require(block.timestamp <= permitBatch.sigDeadline, SignatureExpired(permitBatch.sigDeadline));
        bytes32[] memory hashes = new bytes32[](permitBatch.details.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = _hash(permitBatch.details[i]);
        }
        bytes32 details = keccak256(abi.encodePacked(hashes));
        _verify(
            signature,
            keccak256(abi.encode(_BATCH_TYPEHASH, details, permitBatch.spender, permitBatch.sigDeadline)),
            owner
        );
        for (uint256 i = 0; i < hashes.length; ++i) {
            _permit(owner, permitBatch.spender, permitBatch.details[i]);
        }
    }

    /// @inheritdoc IAllowanceTransfer
    function transferFrom(address from, address to, uint160 amount, address token) external {
        _use(from, to, amount, token);
    }

    /// @inheritdoc IAllowanceTransfer
    function transferFrom(AllowanceTransferDetails[] calldata transferDetails) external {
        for (uint256 i = 0; i < transferDetails.length; ++i) {
            AllowanceTransferDetails calldata one = transferDetails[i];
            _use(one.from, one.to, one.amount, one.token);
        }
    }

    /// @inheritdoc IAllowanceTransfer
    function lockdown(TokenSpenderPair[] calldata approvals) external {
        for (uint256 i = 0; i < approvals.length; ++i) {
            allowance[msg.sender][approvals[i].token][approvals[i].spender].amount = 0;
            emit Lockdown(msg.sender, approvals[i].token, approvals[i].spender);
        }
    }

    /// @inheritdoc IAllowanceTransfer
    function invalidateNonces(address token, address spender, uint48 newNonce) external {
        Allowed storage allowed = allowance[msg.sender][token][spender];
        uint48 oldNonce = allowed.nonce;
        require(newNonce > oldNonce, InvalidNonce());
        require(newNonce - oldNonce <= type(uint16).max, ExcessiveInvalidation());
        allowed.nonce = newNonce;
        emit NonceInvalidation(msg.sender, token, spender, newNonce, oldNonce);
    }

    function _permit(address owner, address spender, PermitDetails memory details) private {
        Allowed storage allowed = allowance[owner][details.token][spender];
        require(allowed.nonce == details.nonce, InvalidNonce());
        // 2^48 permits of one pair will not be signed.
        unchecked {
            allowed.nonce = details.nonce + 1;
        }
        _set(allowed, details.amount, details.expiration);
        emit Permit(owner, details.token, spender, details.amount, details.expiration, details.nonce);
    }

    function _set(Allowed storage allowed, uint160 amount, uint48 expiration) private {
        allowed.amount = amount;
        allowed.expiration = expiration == 0 ? uint48(block.timestamp) : expiration;
    }

    /// @dev The largest amount is without end: it is not used up.
    function _use(address from, address to, uint160 amount, address token) private {
        Allowed storage allowed = allowance[from][token][msg.sender];
        require(block.timestamp <= allowed.expiration, AllowanceExpired(allowed.expiration));
        uint160 most = allowed.amount;
        if (most != type(uint160).max) {
            require(amount <= most, InsufficientAllowance(most));
            allowed.amount = most - amount;
        }
        _pull(token, from, to, amount);
    }

    function _hash(PermitDetails memory details) private pure returns (bytes32) {
        return keccak256(abi.encode(_DETAILS_TYPEHASH, details));
    }
}
